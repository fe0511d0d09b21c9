// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/series.h"

#include <algorithm>
#include <cstdlib>

namespace zz::console {
namespace {

constexpr std::int64_t kClientGoneNs = 3 * kNs;

// What `needed` of those that are heard have reached; 0: fewer are heard.
std::uint64_t reached(std::vector<std::uint64_t> counts, std::uint32_t needed) {
    if (counts.size() < needed)
        return 0;
    std::sort(counts.rbegin(), counts.rend());
    return counts[needed - 1];
}

// Those that the replica counts as executing: active in the configuration, or awake (ZZ-7.1).
std::uint64_t executing(const telemetry::AgreementFacts& facts) {
    constexpr std::uint32_t kActive = 1, kSpare = 2;
    std::uint64_t out = 0;
    for (const auto& slot : facts.slots()) {
        const auto is_it = [&](const auto& one) {
            return one.slot() == slot.slot() && one.incarnation() == slot.incarnation();
        };
        const auto& awake = facts.awake();
        out += slot.state() == kActive ||
                       (slot.state() == kSpare && std::any_of(awake.begin(), awake.end(), is_it))
                   ? 1
                   : 0;
    }
    return out;
}

void add_replicas(const State& state, std::uint32_t application, std::uint32_t needed,
                  std::int64_t at_ns, Sample& sample, std::uint64_t& requests, std::size_t& heard) {
    std::vector<std::uint64_t> ordered, active, wakeups;
    for (const auto& [key, words] : state.sources()) {
        if (key.application != application || contact(words.at_ns, at_ns) != Contact::Live)
            continue;
        if (words.facts->has_execution())
            sample.bytes_fetched += words.facts->execution().bytes_fetched();
        if (!words.facts->has_agreement())
            continue;
        const auto& facts = words.facts->agreement();
        ordered.push_back(facts.requests());
        active.push_back(executing(facts));
        wakeups.push_back(facts.wakeups());
    }
    sample.active = static_cast<std::uint32_t>(reached(std::move(active), needed));
    sample.wakeups = reached(std::move(wakeups), needed);
    heard = ordered.size();
    requests = reached(std::move(ordered), needed);
}

} // namespace

const std::deque<Sample>* SeriesBook::of(std::uint32_t application) const {
    const auto it = books_.find(application + 1);
    return it == books_.end() ? nullptr : &it->second.samples;
}

std::vector<FeltSecond> SeriesBook::seconds_of(std::uint32_t application, std::int64_t from_ns,
                                               std::int64_t to_ns, std::int64_t known_ns) const {
    std::vector<FeltSecond> out;
    const auto it = books_.find(application + 1);
    if (it == books_.end())
        return out;
    for (const FeltSecond& one : it->second.felt) {
        if (one.at_ns > known_ns)
            break;
        if (one.wall_s * kNs < from_ns || one.wall_s * kNs > to_ns)
            continue;
        auto place = out.end();
        while (place != out.begin() && std::prev(place)->wall_s >= one.wall_s)
            --place;
        if (place != out.end() && place->wall_s == one.wall_s)
            *place = one;
        else
            out.insert(place, one);
    }
    return out;
}

// Clients tell of a second one after the other, some of them late.
void SeriesBook::take_seconds(Book& book, const telemetry::Facts& facts, std::int64_t at_ns) {
    book.seconds.take(telemetry::key_of(facts.source()), facts);
    const auto& known = book.seconds.seconds();
    for (const auto& told : facts.client().seconds()) {
        const auto now =
            std::lower_bound(known.begin(), known.end(), told.wall_s(),
                             [](const auto& one, std::int64_t s) { return one.wall_s < s; });
        if (now == known.end() || now->wall_s != told.wall_s())
            continue;
        const auto before =
            std::find_if(book.felt.rbegin(), book.felt.rend(),
                         [&](const FeltSecond& one) { return one.wall_s == told.wall_s(); });
        const FeltSecond fresh{at_ns, now->wall_s, now->replies, now->p50_us, now->p99_us};
        if (before != book.felt.rend() && before->replies == fresh.replies &&
            before->p50_us == fresh.p50_us && before->p99_us == fresh.p99_us)
            continue;
        book.felt.push_back(fresh);
        if (book.felt.size() > kFeltMax)
            book.felt.pop_front();
    }
}

std::uint32_t SeriesBook::needed(std::uint32_t application) const {
    return (application <= faults_.size() ? faults_[application - 1] : 1) + 1;
}

void SeriesBook::take(const Arrival& arrival, const State& state) {
    if (!arrival.update || !arrival.update->has_facts())
        return;
    const auto& facts = arrival.update->facts();
    const std::uint32_t application = facts.source().application();
    if (application == 0 || (!facts.has_client() && !facts.has_agreement()))
        return;
    Book& book = books_[application];
    // A clock that is far off is no reason to wait for the others' to come there.
    const std::int64_t now =
        std::abs(facts.wall_ns() - arrival.at_ns) <= kAheadMaxNs ? facts.wall_ns() : arrival.at_ns;
    if (facts.has_client()) {
        take_seconds(book, facts, arrival.at_ns);
        Counter& counter = book.clients[console::key_of(facts.source())];
        const auto& client = facts.client();
        const std::int64_t past = now - counter.wall_ns;
        // On a grid of the wall clock, so that a fold that begins later makes the same samples.
        if (now / kSampleNs > counter.wall_ns / kSampleNs) {
            // A counter that went back began anew.
            if (counter.wall_ns != 0 && client.requests() >= counter.requests)
                counter.rate = static_cast<double>(client.requests() - counter.requests) *
                               static_cast<double>(kNs) / static_cast<double>(past);
            counter = {client.requests(), now, counter.rate};
        }
    }
    if (now / kSampleNs <= book.newest_ns / kSampleNs)
        return;
    book.newest_ns = now;
    Sample sample;
    sample.wall_ns = now;
    sample.at_ns = arrival.at_ns;
    std::erase_if(book.clients,
                  [&](const auto& entry) { return now - entry.second.wall_ns > kClientGoneNs; });
    for (const auto& [key, counter] : book.clients) {
        sample.served = true;
        sample.rate += counter.rate;
    }
    std::uint64_t requests = 0;
    std::size_t heard = 0;
    add_replicas(state, application, needed(application), arrival.at_ns, sample, requests, heard);
    // Clients that tell nothing are seen by what is ordered for them.
    if (const std::int64_t past = now - book.ordered_ns; now / kNs > book.ordered_ns / kNs) {
        // Among others it would be a jump, not a rate.
        if (book.ordered_ns != 0 && requests >= book.ordered && heard == book.ordered_by)
            book.ordered_rate = static_cast<double>(requests - book.ordered) *
                                static_cast<double>(kNs) / static_cast<double>(past);
        book.ordered = requests;
        book.ordered_by = heard;
        book.ordered_ns = now;
    }
    if (book.ordered_rate > sample.rate) {
        sample.rate = book.ordered_rate;
        sample.served = true;
    }
    book.samples.push_back(sample);
    while (book.samples.size() > kSamplesMax)
        book.samples.pop_front();
}

} // namespace zz::console
