// SPDX-License-Identifier: Apache-2.0
#include "backend/application/kv/list.h"

#include <algorithm>

namespace zz::application::kv {
namespace {

constexpr std::size_t kSizeBytes = 2;
constexpr std::size_t kLongMark = 0xffff;

} // namespace

std::optional<List> List::open(Store& store, ByteView key, Reply& reply) {
    auto collection = Collection::open(store, key, Type::List, reply);
    if (!collection) {
        return std::nullopt;
    }
    return List(std::move(*collection));
}

void List::load(std::uint64_t position) {
    const std::uint64_t number = position / kChunkElements;
    if (loaded_ == number) {
        return;
    }
    store_loaded();
    loaded_ = number;
    slots_.clear();
    const std::uint64_t begin = std::max(collection_.first(), number * kChunkElements);
    const std::uint64_t end = std::min(collection_.first() + size(), (number + 1) * kChunkElements);
    if (begin >= end) {
        return;
    }
    const Bytes bytes = collection_.get_numbered(kChunkPart, number).value_or(Bytes());
    std::size_t at = 0;
    while (at + kSizeBytes <= bytes.size() && slots_.size() < end - begin) {
        const std::size_t length = bytes[at] | static_cast<std::size_t>(bytes[at + 1]) << 8U;
        at += kSizeBytes;
        if (length == kLongMark) {
            slots_.emplace_back();
        } else {
            const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(at);
            const std::size_t there = std::min(length, bytes.size() - at);
            slots_.emplace_back(Bytes(from, from + static_cast<std::ptrdiff_t>(there)));
            at += there;
        }
    }
    // Missing nodes, or a state that was damaged on purpose: nothing is there, but places are.
    slots_.resize(end - begin, Slot(Bytes()));
}

void List::store_loaded() {
    if (!dirty_) {
        return;
    }
    dirty_ = false;
    if (slots_.empty()) {
        collection_.erase_numbered(kChunkPart, *loaded_);
        return;
    }
    Bytes bytes;
    for (const Slot& each : slots_) {
        const std::size_t length = each ? each->size() : kLongMark;
        bytes.push_back(static_cast<std::uint8_t>(length));
        bytes.push_back(static_cast<std::uint8_t>(length >> 8U));
        if (each) {
            append(bytes, *each);
        }
    }
    collection_.put_numbered(kChunkPart, *loaded_, std::move(bytes));
}

// Precondition: its chunk is loaded, and the position is in use.
List::Slot& List::slot(std::uint64_t position) {
    const std::uint64_t begin = std::max(collection_.first(), *loaded_ * kChunkElements);
    return slots_[position - begin];
}

List::Slot List::make_slot(std::uint64_t position, ByteView value) {
    if (value.size() <= kShortBytes) {
        return Bytes(value.begin(), value.end());
    }
    collection_.put_numbered(kLongPart, position, Bytes(value.begin(), value.end()));
    return std::nullopt;
}

Bytes List::value_of(std::uint64_t position) {
    const Slot& found = slot(position);
    return found ? *found : collection_.get_numbered(kLongPart, position).value_or(Bytes());
}

void List::forget_long(std::uint64_t position) {
    if (!slot(position)) {
        collection_.erase_numbered(kLongPart, position);
    }
}

Bytes List::at(std::uint64_t index) {
    const std::uint64_t position = collection_.first() + index;
    load(position);
    if (index % kElementsPerStep == 0) {
        collection_.store().charge(1);
    }
    return value_of(position);
}

void List::set(std::uint64_t index, ByteView value) {
    const std::uint64_t position = collection_.first() + index;
    load(position);
    forget_long(position);
    slot(position) = make_slot(position, value);
    dirty_ = true;
}

void List::push_back(ByteView value) {
    const std::uint64_t position = collection_.first() + size();
    load(position);
    slots_.push_back(make_slot(position, value));
    collection_.set_count(size() + 1);
    collection_.store().charge(1);
    dirty_ = true;
}

void List::push_front(ByteView value) {
    const std::uint64_t position = collection_.first() - 1;
    load(position);
    slots_.push_front(make_slot(position, value));
    collection_.set_first(position);
    collection_.set_count(size() + 1);
    collection_.store().charge(1);
    dirty_ = true;
}

Bytes List::pop_back() {
    const std::uint64_t position = collection_.first() + size() - 1;
    load(position);
    Bytes value = value_of(position);
    forget_long(position);
    slots_.pop_back();
    collection_.set_count(size() - 1);
    collection_.store().charge(1);
    dirty_ = true;
    return value;
}

Bytes List::pop_front() {
    const std::uint64_t position = collection_.first();
    load(position);
    Bytes value = value_of(position);
    forget_long(position);
    slots_.pop_front();
    collection_.set_first(position + 1);
    collection_.set_count(size() - 1);
    collection_.store().charge(1);
    dirty_ = true;
    return value;
}

void List::save() {
    store_loaded();
    collection_.save();
}

} // namespace zz::application::kv
