// SPDX-License-Identifier: Apache-2.0
#include "backend/application/kv/collection.h"

#include <algorithm>

#include "protocol/crypto/sha256.h"

namespace zz::application::kv {
namespace {

constexpr std::size_t kHeaderBytes = kPlaceBytes + 4 * kNumberBytes;
// Lists grow to both sides from here.
constexpr std::uint64_t kFirstPosition = std::uint64_t{1} << 62U;

} // namespace

std::optional<Collection> Collection::open(Store& store, ByteView key, Type type, Reply& reply) {
    Collection c;
    c.store_ = &store;
    c.key_.assign(key.begin(), key.end());
    c.type_ = type;
    c.first_ = kFirstPosition;
    const auto entry = store.read(key);
    if (!entry) {
        return c;
    }
    if (entry->type != type) {
        reply.error(kWrongType);
        return std::nullopt;
    }
    if (entry->value.size() != kHeaderBytes) {
        return c; // a state that was damaged on purpose
    }
    std::copy_n(entry->value.begin(), kPlaceBytes, c.place_.bytes.begin());
    std::size_t at = kPlaceBytes;
    for (std::uint64_t* number : {&c.count_, &c.first_, &c.birth_, &c.changes_}) {
        *number = little_at(entry->value, at);
        at += kNumberBytes;
    }
    c.expires_ms_ = entry->expires_ms;
    c.exists_ = c.placed_ = true;
    return c;
}

void Collection::need_place() {
    if (!placed_) {
        place_ = store_->new_place(key_);
        birth_ = store_->new_birth();
        placed_ = true;
    }
}

void Collection::save() {
    if (!placed_) {
        return; // nothing was put into it
    }
    if (count_ == 0) {
        store_->erase(key_);
        store_->free_place(place_);
        return;
    }
    Bytes header;
    append(header, place_.view());
    for (const std::uint64_t number : {count_, first_, birth_, ++changes_}) {
        append_little(header, number);
    }
    store_->write(key_, {std::move(header), expires_ms_, type_});
}

std::optional<Bytes> Collection::get(ByteView field) {
    if (!placed_ || field.size() > kMemberBytesMax) {
        return std::nullopt;
    }
    store_->charge(kStepsPerElement);
    return store_->get(field_key(place_, field));
}

bool Collection::put(ByteView field, Bytes value) {
    need_place();
    store_->charge(kStepsPerElement);
    const Bytes key = field_key(place_, field);
    const bool fresh = !store_->remove(key);
    store_->put(key, std::move(value));
    count_ += fresh ? 1 : 0;
    return fresh;
}

bool Collection::erase(ByteView field) {
    if (!placed_ || field.size() > kMemberBytesMax) {
        return false;
    }
    store_->charge(kStepsPerElement);
    const bool was = store_->remove(field_key(place_, field));
    count_ -= was && count_ > 0 ? 1 : 0;
    return was;
}

Collection::Part Collection::fields() const {
    Bytes from = part_prefix(place_, kFieldPart);
    Bytes until = after(from);
    return {std::move(from), std::move(until), state::Order::Ascending, kFieldHeadBytes, 256};
}

void Collection::each(Part part, const Visit& visit) {
    const bool up = part.order == state::Order::Ascending;
    while (placed_ && !store_->exhausted()) {
        const auto items = store_->range(part.from, part.until, part.order, part.page);
        for (const auto& item : items) {
            if (item.key.size() < part.head) {
                continue; // a state that was damaged on purpose
            }
            if (!visit({Bytes(item.key.begin() + static_cast<std::ptrdiff_t>(part.head),
                              item.key.end()),
                        item.value})) {
                return;
            }
        }
        if (items.size() < part.page) {
            return;
        }
        if (up) {
            part.from = items.back().key;
            part.from.push_back(0); // the least key after it
        } else {
            part.until = items.back().key;
        }
    }
}

std::optional<Collection::Element> Collection::any() {
    Bytes seed;
    append_little(seed, birth_);
    append_little(seed, changes_);
    append_little(seed, count_);
    append_little(seed, static_cast<std::uint64_t>(store_->now_ms()));
    std::optional<Element> found;
    const auto take = [&found](const Element& element) {
        found = element;
        return false;
    };
    Part part = fields();
    part.page = 1;
    Part behind = part;
    behind.from = field_position(place_, hash_of(seed));
    each(std::move(behind), take);
    if (!found) {
        each(std::move(part), take);
    }
    return found;
}

std::optional<Bytes> Collection::get_numbered(std::uint8_t part, std::uint64_t number) {
    if (!placed_) {
        return std::nullopt;
    }
    store_->charge(kStepsPerElement);
    return store_->get(numbered_key(place_, part, number));
}

void Collection::put_numbered(std::uint8_t part, std::uint64_t number, Bytes value) {
    need_place();
    store_->charge(kStepsPerElement);
    store_->put(numbered_key(place_, part, number), std::move(value));
}

void Collection::erase_numbered(std::uint8_t part, std::uint64_t number) {
    need_place();
    store_->charge(kStepsPerElement);
    store_->remove(numbered_key(place_, part, number));
}

} // namespace zz::application::kv
