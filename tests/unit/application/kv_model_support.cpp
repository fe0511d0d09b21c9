// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/application/kv_model_support.h"

#include <algorithm>

#include "protocol/base/check.h"

namespace zz::application::test {
namespace {

const std::string kNull = "$-1\r\n", kOk = "+OK\r\n";

// Indexes begin .. end - 1 of `size`, as Redis counts.
std::pair<std::size_t, std::size_t> span(long long start, long long stop, std::size_t size) {
    const auto count = static_cast<long long>(size);
    start = std::max(0LL, start < 0 ? start + count : start);
    stop = std::min(count - 1, stop < 0 ? stop + count : stop);
    if (start > stop)
        return {0, 0};
    return {static_cast<std::size_t>(start), static_cast<std::size_t>(stop + 1)};
}

template <class Map> void drop_empty(Map& map, const std::string& key) {
    if (const auto it = map.find(key); it != map.end() && it->second.empty())
        map.erase(it);
}

} // namespace

std::string bulk(const std::string& text) {
    return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

std::string number(long long value) {
    return ":" + std::to_string(value) + "\r\n";
}

std::string array(const Words& texts) {
    std::string out = "*" + std::to_string(texts.size()) + "\r\n";
    for (const std::string& text : texts)
        out += bulk(text);
    return out;
}

Words sorted_parts(const std::string& reply) {
    Words parts;
    std::size_t at = reply.starts_with("*") ? reply.find('\n') + 1 : 0;
    while (at < reply.size()) {
        std::size_t end = reply.find('\n', at) + 1;
        if (reply[at] == '$' && reply[at + 1] != '-')
            end += std::stoul(reply.substr(at + 1)) + 2;
        parts.push_back(reply.substr(at, end - at));
        at = end;
    }
    std::sort(parts.begin(), parts.end());
    return parts;
}

std::string KvModel::type(const std::string& key) const {
    if (hashes.contains(key))
        return "hash";
    if (lists.contains(key))
        return "list";
    if (sets.contains(key))
        return "set";
    return sorted.contains(key) ? "zset" : "none";
}

void KvModel::erase(const std::string& key) {
    hashes.erase(key);
    lists.erase(key);
    sets.erase(key);
    sorted.erase(key);
}

std::size_t KvModel::keys() const {
    return hashes.size() + lists.size() + sets.size() + sorted.size();
}

std::string KvModel::hash(const Words& w) {
    const std::string& key = w[1];
    auto& fields = hashes[key];
    std::string reply;
    if (w[0] == "HSET") {
        long long fresh = 0;
        for (std::size_t i = 2; i < w.size(); i += 2)
            fresh += fields.insert_or_assign(w[i], w[i + 1]).second ? 1 : 0;
        reply = number(fresh);
    } else if (w[0] == "HSETNX") {
        reply = number(fields.emplace(w[2], w[3]).second ? 1 : 0);
    } else if (w[0] == "HGET") {
        reply = fields.contains(w[2]) ? bulk(fields[w[2]]) : kNull;
    } else if (w[0] == "HMGET") {
        reply = "*" + std::to_string(w.size() - 2) + "\r\n";
        for (std::size_t i = 2; i < w.size(); ++i)
            reply += fields.contains(w[i]) ? bulk(fields[w[i]]) : kNull;
    } else if (w[0] == "HDEL") {
        long long erased = 0;
        for (std::size_t i = 2; i < w.size(); ++i)
            erased += static_cast<long long>(fields.erase(w[i]));
        reply = number(erased);
    } else if (w[0] == "HEXISTS") {
        reply = number(fields.contains(w[2]) ? 1 : 0);
    } else if (w[0] == "HINCRBY") {
        auto& value = fields.emplace(w[2], "0").first->second;
        value = std::to_string(std::stoll(value) + std::stoll(w[3]));
        reply = number(std::stoll(value));
    } else if (w[0] == "HLEN") {
        reply = number(static_cast<long long>(fields.size()));
    } else {
        Words all;
        for (const auto& [field, value] : fields) {
            if (w[0] != "HVALS")
                all.push_back(field);
            if (w[0] != "HKEYS")
                all.push_back(value);
        }
        reply = array(all);
    }
    drop_empty(hashes, key);
    return reply;
}

std::string KvModel::list(const Words& w) {
    const std::string& key = w[1];
    auto& all = lists[key];
    std::string reply;
    if (w[0] == "LPUSH" || w[0] == "RPUSH") {
        for (std::size_t i = 2; i < w.size(); ++i)
            w[0] == "LPUSH" ? all.push_front(w[i]) : all.push_back(w[i]);
        reply = number(static_cast<long long>(all.size()));
    } else if (w[0] == "LPOP" || w[0] == "RPOP") {
        reply = kNull;
        if (!all.empty()) {
            reply = bulk(w[0] == "LPOP" ? all.front() : all.back());
            w[0] == "LPOP" ? all.pop_front() : all.pop_back();
        }
    } else if (w[0] == "LLEN") {
        reply = number(static_cast<long long>(all.size()));
    } else if (w[0] == "LRANGE") {
        const auto [begin, end] = span(std::stoll(w[2]), std::stoll(w[3]), all.size());
        reply = array(Words(all.begin() + static_cast<std::ptrdiff_t>(begin),
                            all.begin() + static_cast<std::ptrdiff_t>(end)));
    } else if (w[0] == "LTRIM") {
        const auto [begin, end] = span(std::stoll(w[2]), std::stoll(w[3]), all.size());
        all = std::deque<std::string>(all.begin() + static_cast<std::ptrdiff_t>(begin),
                                      all.begin() + static_cast<std::ptrdiff_t>(end));
        reply = kOk;
    } else if (w[0] == "LINDEX" || w[0] == "LSET") {
        long long at = std::stoll(w[2]);
        at += at < 0 ? static_cast<long long>(all.size()) : 0;
        const bool there = at >= 0 && at < static_cast<long long>(all.size());
        if (w[0] == "LINDEX")
            reply = there ? bulk(all[static_cast<std::size_t>(at)]) : kNull;
        else if (all.empty())
            reply = "-ERR no such key\r\n";
        else if (!there)
            reply = "-ERR index out of range\r\n";
        else {
            all[static_cast<std::size_t>(at)] = w[3];
            reply = kOk;
        }
    } else { // LREM
        long long count = std::stoll(w[2]), removed = 0;
        if (count < 0)
            std::reverse(all.begin(), all.end());
        std::deque<std::string> kept;
        for (const std::string& each : all) {
            if (each == w[3] && (count == 0 || removed < std::abs(count)))
                ++removed;
            else
                kept.push_back(each);
        }
        if (count < 0)
            std::reverse(kept.begin(), kept.end());
        all = kept;
        reply = number(removed);
    }
    drop_empty(lists, key);
    return reply;
}

std::string KvModel::set(const Words& w) {
    const auto members = [this](const std::string& key) {
        return sets.contains(key) ? sets[key] : std::set<std::string>();
    };
    const std::string& key = w[1];
    if (w[0] == "SADD" || w[0] == "SREM") {
        auto& all = sets[key];
        long long changed = 0;
        for (std::size_t i = 2; i < w.size(); ++i)
            changed += w[0] == "SADD" ? (all.insert(w[i]).second ? 1 : 0)
                                      : static_cast<long long>(all.erase(w[i]));
        drop_empty(sets, key);
        return number(changed);
    }
    if (w[0] == "SISMEMBER")
        return number(members(key).contains(w[2]) ? 1 : 0);
    if (w[0] == "SCARD")
        return number(static_cast<long long>(members(key).size()));
    if (w[0] == "SMEMBERS") {
        const auto all = members(key);
        return array(Words(all.begin(), all.end()));
    }
    std::set<std::string> out = members(key);
    for (std::size_t i = 2; i < w.size(); ++i) {
        const std::set<std::string> other = members(w[i]);
        if (w[0] == "SUNION")
            out.insert(other.begin(), other.end());
        else
            std::erase_if(out, [&](const std::string& member) {
                return other.contains(member) == (w[0] == "SDIFF");
            });
    }
    return array(Words(out.begin(), out.end()));
}

std::vector<std::pair<long long, std::string>> KvModel::by_score(const std::string& key) const {
    std::vector<std::pair<long long, std::string>> out;
    if (const auto it = sorted.find(key); it != sorted.end())
        for (const auto& [member, score] : it->second)
            out.emplace_back(score, member);
    std::sort(out.begin(), out.end());
    return out;
}

std::string KvModel::sorted_set(const Words& w) {
    const std::string& key = w[1];
    if (w[0] == "ZADD") { // ZADD key [NX|XX|GT|LT] score member
        const std::string option = w.size() > 4 ? w[2] : "";
        const long long score = std::stoll(w[w.size() - 2]);
        auto& all = sorted[key];
        const auto old = all.find(w.back());
        const bool there = old != all.end();
        const bool refused = (option == "NX" && there) || (option == "XX" && !there) ||
                             (option == "GT" && there && score <= old->second) ||
                             (option == "LT" && there && score >= old->second);
        if (!refused)
            all[w.back()] = score;
        drop_empty(sorted, key);
        return number(!there && !refused ? 1 : 0);
    }
    auto all = by_score(key);
    if (w[0] == "ZCARD")
        return number(static_cast<long long>(all.size()));
    if (w[0] == "ZINCRBY")
        return bulk(std::to_string(sorted[key][w[3]] += std::stoll(w[2])));
    if (w[0] == "ZREM") {
        const bool was = sorted[key].erase(w[2]) > 0;
        drop_empty(sorted, key);
        return number(was ? 1 : 0);
    }
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const auto& each) { return each.second == w.back(); });
    if (w[0] == "ZSCORE")
        return found == all.end() ? kNull : bulk(std::to_string(found->first));
    if (w[0] == "ZRANK" || w[0] == "ZREVRANK") {
        const auto before = found - all.begin();
        return found == all.end() ? kNull
               : w[0] == "ZRANK"  ? number(before)
                                  : number(static_cast<long long>(all.size()) - 1 - before);
    }
    if (w[0] == "ZPOPMIN" || w[0] == "ZPOPMAX") {
        if (all.empty())
            return array({});
        const auto taken = w[0] == "ZPOPMIN" ? all.front() : all.back();
        sorted[key].erase(taken.second);
        drop_empty(sorted, key);
        return array({taken.second, std::to_string(taken.first)});
    }
    const bool reverse = w.back() == "REV";
    if (reverse)
        std::reverse(all.begin(), all.end());
    Words out;
    if (w[0] == "ZRANGEBYSCORE") { // ZRANGEBYSCORE key min max LIMIT offset count
        long long skip = std::stoll(w[5]), count = std::stoll(w[6]);
        const bool open = w[2].starts_with("(");
        const long long low = std::stoll(w[2].substr(open ? 1 : 0));
        for (const auto& [score, member] : all)
            if ((open ? score > low : score >= low) && score <= std::stoll(w[3]) && skip-- <= 0 &&
                count-- > 0)
                out.push_back(member);
        return array(out);
    }
    ZZ_CHECK(w[0] == "ZRANGE", "no model of {}", w[0]);
    const auto [begin, end] = span(std::stoll(w[2]), std::stoll(w[3]), all.size());
    for (std::size_t i = begin; i < end; ++i) {
        out.push_back(all[i].second);
        out.push_back(std::to_string(all[i].first));
    }
    return array(out);
}

} // namespace zz::application::test
