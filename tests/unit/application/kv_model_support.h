// SPDX-License-Identifier: Apache-2.0
// KvModel: what the commands of collections must answer, on plain containers, to be compared with
// the application. Replies whose order is the application's own are compared as sorted parts. One
// thread.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace zz::application::test {

using Words = std::vector<std::string>;

std::string bulk(const std::string& text);
std::string number(long long value);
std::string array(const Words& texts);
// The bulks and integers of a flat array reply, sorted; other replies are one part.
Words sorted_parts(const std::string& reply);

struct KvModel {
    std::map<std::string, std::map<std::string, std::string>> hashes;
    std::map<std::string, std::deque<std::string>> lists;
    std::map<std::string, std::set<std::string>> sets;
    std::map<std::string, std::map<std::string, long long>> sorted; // scores are whole numbers

    std::string type(const std::string& key) const; // "none" if absent
    void erase(const std::string& key);
    std::size_t keys() const;

    std::string hash(const Words& words);
    std::string list(const Words& words);
    std::string set(const Words& words);
    std::string sorted_set(const Words& words);

  private:
    std::vector<std::pair<long long, std::string>> by_score(const std::string& key) const;
};

} // namespace zz::application::test
