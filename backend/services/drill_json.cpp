// SPDX-License-Identifier: Apache-2.0
#include "backend/services/drill_json.h"

#include <fmt/format.h>

namespace zz::services {
namespace {

using nlohmann::json;

// A saying as one number: 0 nothing, 1 truth, 1 + k the wrong value k.
std::uint32_t number_of(const drill::Saying& saying) {
    switch (saying.what) {
    case drill::Saying::What::Nothing:
        return 0;
    case drill::Saying::What::Truth:
        return 1;
    case drill::Saying::What::Wrong:
        return 1 + saying.wrong;
    }
    return 0;
}

drill::Saying saying_of(std::uint32_t number) {
    if (number == 0)
        return drill::Saying::nothing();
    return number == 1 ? drill::Saying::truth() : drill::Saying::lie(number - 1);
}

std::int64_t ms(Duration d) {
    return std::chrono::duration_cast<milliseconds>(d).count();
}

json principal_json(const PrincipalId& id) {
    return {static_cast<int>(id.role), id.index, id.incarnation};
}
PrincipalId principal_from(const json& in) {
    return {static_cast<Role>(in.at(0).get<std::uint8_t>()), in.at(1).get<std::uint32_t>(),
            in.at(2).get<std::uint32_t>()};
}

json one(const drill::Order& o) {
    json out = {{"id", o.id},
                {"name", o.name},
                {"target", principal_json(o.target)},
                {"from_n", o.from_n.value},
                {"lease_ms", ms(o.lease)},
                {"delay_ms", ms(o.delay)},
                {"interval_ms", ms(o.interval)},
                {"wrong", o.wrong},
                {"copies", o.copies},
                {"client", o.client.value},
                {"epoch", o.epoch.value},
                {"reply", number_of(o.reply)},
                {"signs", number_of(o.signs)},
                {"sends", json::array()},
                {"claims", json::array()},
                {"liars", json::array()},
                {"loss", o.loss_percent},
                {"seed", o.seed},
                {"peers", json::array()}};
    for (const PrincipalId& peer : o.peers)
        out["peers"].push_back(principal_json(peer));
    for (const drill::Saying& saying : o.sends)
        out["sends"].push_back(number_of(saying));
    for (const auto& [slot, saying] : o.claims)
        out["claims"].push_back({slot.value, number_of(saying)});
    for (const SlotId slot : o.liars)
        out["liars"].push_back(slot.value);
    return out;
}

drill::Order one_from(const json& in) {
    drill::Order o;
    o.id = in.at("id").get<std::string>();
    o.name = in.at("name").get<std::string>();
    o.target = principal_from(in.at("target"));
    o.from_n = SequenceNumber(in.at("from_n").get<std::uint64_t>());
    o.lease = milliseconds(in.at("lease_ms").get<std::uint32_t>());
    o.delay = milliseconds(in.at("delay_ms").get<std::uint32_t>());
    o.interval = milliseconds(in.at("interval_ms").get<std::uint32_t>());
    o.wrong = in.at("wrong").get<std::uint32_t>();
    o.copies = in.at("copies").get<std::uint32_t>();
    o.client = ClientId(in.at("client").get<std::uint32_t>());
    o.epoch = Epoch(in.at("epoch").get<std::uint64_t>());
    o.reply = saying_of(in.at("reply").get<std::uint32_t>());
    o.signs = saying_of(in.at("signs").get<std::uint32_t>());
    for (const json& saying : in.at("sends"))
        o.sends.push_back(saying_of(saying.get<std::uint32_t>()));
    for (const json& claim : in.at("claims"))
        o.claims[SlotId(claim.at(0).get<std::uint32_t>())] =
            saying_of(claim.at(1).get<std::uint32_t>());
    for (const json& slot : in.at("liars"))
        o.liars.push_back(SlotId(slot.get<std::uint32_t>()));
    o.loss_percent = in.at("loss").get<std::uint32_t>();
    o.seed = in.at("seed").get<std::uint64_t>();
    for (const json& peer : in.at("peers"))
        o.peers.push_back(principal_from(peer));
    return o;
}

} // namespace

std::string orders_text(const std::vector<drill::Order>& orders) {
    json out = json::array();
    for (const drill::Order& order : orders)
        out.push_back(one(order));
    return out.dump();
}

Result<std::vector<drill::Order>> orders_from(std::string_view text) {
    std::vector<drill::Order> orders;
    try {
        for (const json& order : json::parse(text))
            orders.push_back(one_from(order));
    } catch (const json::exception& error) {
        return Error{fmt::format("the drill's orders are malformed: {}", error.what())};
    }
    return orders;
}

std::vector<std::string> names_of(const std::vector<SlotId>& slots) {
    std::vector<std::string> names;
    for (const SlotId slot : slots)
        names.push_back(fmt::format("E{}", slot.value));
    return names;
}

json to_json(const drill::Prediction& p) {
    return {{"verdict", matrix::to_string(p.verdict)},
            {"wakes", names_of(p.wakes)},
            {"convicted", names_of(p.convicted)},
            {"unresponsive", names_of(p.unresponsive)},
            {"margin", {{"agreement", p.margin.agreement}, {"execution", p.margin.execution}}},
            {"text", p.text}};
}

} // namespace zz::services
