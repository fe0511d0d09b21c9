// SPDX-License-Identifier: Apache-2.0
// DisputeFold: the response matrices of one application's numbers whose columns disagree, from the
// columns that agreement replicas told (COLUMN_OF), opened to requests where replies were told
// (REQUESTS_OF). A column as its own replica tells it outweighs what others say of it. Judged by
// protocol/matrix alone. Bounded: the newest kDisputesMax numbers. A plain value.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "protocol/matrix/verdict.h"
#include "protocol/telemetry/source_book.h"

namespace zz::telemetry {

inline constexpr std::size_t kDisputesMax = 256;
inline constexpr std::size_t kDisputedRequestsMax = 256; // of one number
inline constexpr std::size_t kDisputeRowsMax = 64;

struct Row {
    std::uint32_t slot = 0, incarnation = 0;
    friend auto operator<=>(const Row&, const Row&) = default;
};

struct ToldColumn {
    std::map<Row, matrix::Entry> entries;
    std::uint32_t reporter = 0; // agreement replica
    std::int64_t wall_ns = 0;
    std::uint64_t epoch = 0, revision = 0; // of the signed column; revision 0: not signed yet
};

struct RequestKey {
    std::uint32_t client = 0, lane = 0;
    std::uint64_t number = 0;
    friend auto operator<=>(const RequestKey&, const RequestKey&) = default;
};

struct Judged {
    std::vector<Row> rows;
    matrix::Matrix matrix;
    matrix::Verdict verdict;
    std::int64_t wall_ns = 0;
};

struct Dispute {
    std::uint64_t n = 0, epoch = 0;
    std::uint32_t vote = 1; // 1 reply, 2 checkpoint
    std::int64_t first_ns = 0, newest_ns = 0;
    std::map<std::uint32_t, ToldColumn> columns;       // by agreement replica
    std::map<Digest, std::set<std::uint32_t>> settled; // who told that it is settled on this
    // Reply digests of each request: as each agreement replica holds them of each execution one.
    std::map<RequestKey, std::map<std::uint32_t, std::map<Row, Digest>>> requests;
    std::optional<Judged> blocking; // the matrix as it was when it first blocked

    // Of all columns as they are known now. None for an application without faults to bear.
    std::optional<Judged> judged(Faults faults) const;
    // What f+1 settled on.
    std::optional<Digest> truth(std::uint32_t needed) const;
    // The same matrix for one request: a column entry per reply digest, missing and pending as in
    // the batch's; none if the request is not known.
    std::optional<Judged> judged(Faults faults, const RequestKey& request) const;
};

class DisputeFold {
  public:
    explicit DisputeFold(Faults faults) : faults_(faults) {}

    // True: something changed.
    bool take(const SourceKey& source, const Event& event);
    // In the order of their first sign.
    const std::deque<Dispute>& disputes() const { return disputes_; }
    const Dispute* find(std::uint64_t n, std::uint32_t vote) const;

  private:
    Dispute& at(const Event& event);
    void on_column(Dispute& dispute, std::uint32_t reporter, const Event& event);
    void on_requests(Dispute& dispute, std::uint32_t reporter, const Event& event);

    Faults faults_;
    std::deque<Dispute> disputes_;
};

} // namespace zz::telemetry
