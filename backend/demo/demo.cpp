// SPDX-License-Identifier: Apache-2.0
#include "backend/demo/demo.h"

#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <fmt/format.h>

#include "backend/demo/console.h"
#include "backend/demo/drill.h"
#include "backend/demo/guard.h"
#include "backend/demo/loads.h"
#include "backend/demo/redis_user.h"
#include "backend/demo/screen.h"
#include "backend/demo/script.h"
#include "backend/demo/track.h"
#include "backend/demo/watch.h"

namespace zz::demo {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

constexpr auto kUpPatience = seconds(180);
constexpr auto kShortPatience = seconds(30);
constexpr auto kRestPatience = seconds(90);
constexpr auto kDrillPatience = seconds(240); // the deadlines of ZZ-11, some of them doubled
constexpr auto kShowPatience = seconds(30);   // until the status shows what the drill did
constexpr auto kLoadAgain = seconds(15);
constexpr auto kLoadPatience = seconds(60); // beyond its length: connecting, last replies
constexpr auto kTourPatience = seconds(300);
constexpr auto kPicturesPatience = seconds(120); // from one to the next
constexpr std::uint32_t kFaultPatience = 240;    // s until a drill of the script blocks
constexpr const char* kLease = "60";
// Guests boot, and all that they do takes longer.
constexpr auto kGuestPatience = seconds(180);
constexpr const char* kGuestUpPatience = "170";
constexpr auto kHostDown = std::chrono::milliseconds(2000);

class Demo {
  public:
    explicit Demo(const DemoOptions& options)
        : o_(options),
          ctl_(options.bin + "/zzctl", fmt::format("{}/demo-{}", build_folder(), getpid())),
          guard_(ctl_), watch_(ctl_), loads_(ctl_, options.lanes),
          console_(ctl_, options.bin, options.screenshots, options.tour) {
        ctl_.on_idle([this] { tick(); });
        picture_.title = "ZZ demonstration";
    }

    ~Demo() {
        if (!left_)
            leave();
    }
    Demo(const Demo&) = delete;
    Demo& operator=(const Demo&) = delete;

    int run() {
        play();
        if (interrupted() != 0) // nothing else that is missing says anything
            failures_ = {fmt::format("interrupted by signal {}", interrupted())};
        leave();
        if (interrupted() == 0 && served_)
            check_replies();
        write_summary();
        print_summary();
        return failures_.empty() ? 0 : 1;
    }

  private:
    void fail(const std::string& sentence) { failures_.push_back(sentence); }
    void say(const std::string& line) {
        const auto s = std::chrono::duration<double>(Clock::now() - began_).count();
        picture_.log.push_back(fmt::format("{:6.1f} s  {}", s, line));
        screen_.say(picture_.log.back());
    }

    void tick() {
        loads_.tick();
        console_.tick();
        if (serving_)
            watch_.tick();
        picture_.facts = watch_.facts();
        for (const auto& app : picture_.facts.applications)
            picture_.throughput[app.name] = watch_.throughput(app.name);
        picture_.matrix = watch_.matrix();
        picture_.verdict = watch_.verdict();
        screen_.draw(picture_);
    }

    void play() {
        if (!bring_up())
            return;
        serving_ = served_ = true;
        const auto end = Clock::now() + seconds(o_.seconds);
        loads_.renew(kLoadAgain);
        loads_.begin(applications_, seconds(std::max(1U, o_.seconds)));
        if (!wait_for_load())
            return;
        if (o_.console)
            if (const Status opened = console_.open(std::max(kFaultPatience, o_.seconds)); !opened)
                fail(opened.error().text);
        if (o_.tour) {
            watch_tour();
            return;
        }
        if (whole_) {
            play_whole();
            if (interrupted() != 0)
                return;
        } else {
            for (const auto& step : steps_)
                if (!take(step))
                    return;
        }
        if (Clock::now() >= end)
            say(fmt::format("the drills took longer than the {} s that were asked for",
                            o_.seconds));
        picture_.title = "ZZ demonstration: all drills are done, the load goes on";
        while (Clock::now() < end && ctl_.rest(std::chrono::milliseconds(100))) {
        }
        if (!o_.screenshots.empty())
            picture_.title = "ZZ demonstration: the console makes the last pictures";
        if (const Status pictures =
                console_.finish(kPicturesPatience, [this](const std::string& line) { say(line); });
            !pictures)
            fail(pictures.error().text);
        finish_load();
    }

    // The console plays: until its window is closed, or the time is over.
    void watch_tour() {
        picture_.title = "ZZ demonstration: the guided tour in the console plays the drills";
        const auto end = Clock::now() + std::max(seconds(o_.seconds), kTourPatience);
        while (console_.running() && Clock::now() < end &&
               ctl_.rest(std::chrono::milliseconds(100))) {
        }
        finish_load();
    }

    bool bring_up() {
        std::error_code error;
        fs::create_directories(ctl_.dir(), error);
        if (error) {
            fail(fmt::format("cannot make {}: {}", ctl_.dir(), error.message()));
            return false;
        }
        say(fmt::format("making a data center of four hosts and {}, f = 1",
                        o_.guests ? "one application with virtual machines" : "four applications"));
        Words words{"cluster", "init",     "--hosts",  "4",       "--f",
                    "1",       "--wakeup", "A=matrix", "--drills"};
        if (o_.guests)
            words.insert(words.end(), {"--apps", "1", "--hypervisor", "libvirt"});
        else if (whole_)
            for (const auto& app : whole_applications())
                words.insert(words.end(), {"--app", app});
        else
            words.insert(words.end(), {"--apps", "4"});
        const auto made = ctl_.run(words, kShortPatience);
        if (!made) {
            fail(made.error().text);
            return false;
        }
        Words start{"cluster", "up"};
        if (o_.guests)
            start.insert(start.end(), {"--patience", kGuestUpPatience});
        const auto up = ctl_.ask(start, kUpPatience);
        if (!up) {
            fail(up.error().text);
            return false;
        }
        say(fmt::format("serving after {} ms", number(*up, "milliseconds").value_or(0)));
        return true;
    }

    // Every application at rest and answering requests.
    bool wait_for_load() {
        picture_.title = "ZZ demonstration: the client load begins";
        const auto end = Clock::now() + rest_patience_;
        while (Clock::now() < end) {
            bool all = watch_.facts().applications.size() == applications_.size();
            for (const auto& app : watch_.facts().applications)
                all = all && app.at_rest() && app.requests.value_or(0) > 0;
            if (all) {
                say("client load on all applications, every reply is checked");
                if (o_.guests)
                    say("hypervisor " + watch_.facts().hosts.front().hypervisor);
                return true;
            }
            if (!ctl_.rest(std::chrono::milliseconds(100)))
                return false;
        }
        fail(fmt::format("not every application is at rest and answers within {} s{}{}",
                         rest_patience_.count(), watch_.complaint().empty() ? "" : ": ",
                         watch_.complaint()));
        return false;
    }

    // A status read after now says that the application is at rest; nothing after kRestPatience.
    std::optional<ApplicationFacts> rest_of(const std::string& name, seconds patience) {
        const auto end = Clock::now() + patience;
        const auto known = watch_.facts_number() + 1; // one may be under way
        while (Clock::now() < end) {
            const auto* app = watch_.facts().application(name);
            if (watch_.facts_number() > known && app != nullptr && app->at_rest())
                return *app;
            if (!ctl_.rest(std::chrono::milliseconds(100)))
                return std::nullopt;
        }
        return std::nullopt;
    }

    // False: it makes no sense to go on.
    bool take(const Step& step) {
        picture_.title =
            fmt::format("ZZ demonstration: application {}: {}", step.application, step.title);
        say(fmt::format("{} on {}: {}", step.name, step.application, step.title));
        const auto before = rest_of(step.application, rest_patience_);
        if (!before) {
            if (interrupted() == 0)
                fail(
                    fmt::format("{} on {}: the application is not at rest, the drill was not begun",
                                step.name, step.application));
            return interrupted() == 0;
        }
        StepResult result{step, *before, *before, Json::object()};
        const auto id = start_drill(step);
        if (!id)
            return interrupted() == 0;
        observe(result, *id);
        return interrupted() == 0;
    }

    // The drill's id, once it has ended.
    std::optional<std::string> start_drill(const Step& step) {
        const std::string csv = fmt::format("{}/{}.csv", ctl_.dir(), step.name);
        std::ofstream(csv) << step.csv;
        Words words{"matrix", "--file", csv, "--app", step.application, "--lease", kLease};
        words.insert(words.end(), step.options.begin(), step.options.end());
        const DrillRun run = play_drill(ctl_, words, kDrillPatience);
        if (!run.complaint.empty())
            fail(fmt::format("{} on {}: {}", step.name, step.application, run.complaint));
        if (run.id.empty() || interrupted() != 0)
            return std::nullopt;
        return run.id;
    }

    // Takes report and status until they show what they must or the time is over.
    void observe(StepResult& result, const std::string& id) {
        const auto end = Clock::now() + (o_.guests ? kGuestPatience : kShowPatience);
        std::vector<std::string> sentences;
        do {
            const auto report = ctl_.ask({"drill", "report", id}, kShortPatience);
            if (report)
                result.report = *report;
            if (interrupted() != 0)
                return;
            if (const auto after = rest_of(result.step.application, seconds(10)))
                result.after = *after;
            else if (const auto* app = watch_.facts().application(result.step.application))
                result.after = *app;
            sentences = judge(result);
            if (o_.guests)
                for (auto& sentence : judge_guests(result, watch_.facts()))
                    sentences.push_back(std::move(sentence));
            if (!report)
                sentences.push_back(report.error().text);
        } while (!sentences.empty() && Clock::now() < end && interrupted() == 0);
        for (const auto& sentence : sentences)
            fail(sentence);
        predicted_[result.step.name] = essence(child(result.report, "predicted"));
        observed_[result.step.name] = essence(child(result.report, "observed"));
        const Json& phases = child(result.report, "phases_ms");
        if (!result.step.woken.empty()) {
            picture_.recovered = result.step.application;
            picture_.phases_ms = phases;
        }
        say(fmt::format("  {}: {}, wake-ups {}, convicted {}; {}",
                        sentences.empty() ? "as predicted" : "NOT AS IT MUST BE",
                        text(child(result.report, "observed"), "verdict"),
                        moved(result.before.wakeups, result.after.wakeups),
                        result.step.convicted.empty() ? "nobody" : result.step.convicted,
                        phases_line(phases)));
        Json kept = result.report;
        kept["name"] = result.step.name;
        kept["application"] = result.step.application;
        drills_.push_back(std::move(kept));
        if (o_.guests)
            tell_machines();
        if (result.step.application != "A")
            check_bystander("D");
    }

    void tell_machines() {
        for (const auto& host : watch_.facts().hosts)
            for (const auto& machine : host.machines)
                if (machine.name.starts_with('E'))
                    say(fmt::format("  {} of {} on {}: {}", machine.name, machine.application,
                                    host.name, machine.state));
    }

    // Nothing is played on this one: whatever happens elsewhere, nobody wakes there.
    void check_bystander(const std::string& name) {
        const auto* app = watch_.facts().application(name);
        if (app != nullptr && app->wakeups.value_or(0) != 0 && !bystander_woke_) {
            bystander_woke_ = true;
            fail(fmt::format("application {} had {} wake-ups, and no drill was on it", name,
                             *app->wakeups));
        }
    }

    // Every kind of drill: side by side on the four applications, then those of whole hosts.
    void play_whole() {
        std::map<std::string, std::vector<Play>> plays;
        for (auto& play : whole_plays())
            plays[play.application].push_back(play);
        std::vector<std::unique_ptr<Track>> tracks;
        for (auto& [application, list] : plays)
            tracks.push_back(std::make_unique<Track>(ctl_, std::move(list)));
        begin_users();
        run_tracks(tracks);
        end_users();
        for (const auto& play : host_plays()) {
            std::vector<std::unique_ptr<Track>> one;
            one.push_back(std::make_unique<Track>(ctl_, std::vector{play}));
            run_tracks(one);
        }
        if (interrupted() == 0)
            kill_a_host();
    }

    void run_tracks(const std::vector<std::unique_ptr<Track>>& tracks) {
        bool busy = true;
        while (busy && ctl_.rest(std::chrono::milliseconds(50))) {
            busy = false;
            std::string playing;
            for (const auto& track : tracks) {
                track->tick();
                for (auto& users : users_)
                    users->tick();
                for (Played& played : track->take())
                    note_played(std::move(played));
                busy = busy || !track->done();
                if (const Play* play = track->playing())
                    playing += fmt::format("{}{}{}", playing.empty() ? "" : ", ",
                                           play->application.empty() ? "" : play->application + " ",
                                           play->key);
            }
            picture_.title = "ZZ demonstration: " + playing;
        }
    }

    void note_played(Played played) {
        const std::string& key = played.play.key;
        for (const auto& complaint : played.complaints)
            fail(
                fmt::format("{}{}: {}", key,
                            played.play.application.empty() ? "" : " on " + played.play.application,
                            complaint));
        predicted_[key] = essence(child(played.report, "predicted"));
        observed_[key] = essence(child(played.report, "observed"));
        const Json& phases = child(played.report, "phases_ms");
        if (!list(child(played.report, "observed"), "wakes").empty()) {
            picture_.recovered = played.play.application;
            picture_.phases_ms = phases;
        }
        say(fmt::format("{:>2} {}: {}, {:.1f} s; {}", played.play.application, key,
                        played.complaints.empty() ? "as predicted" : "NOT AS IT MUST BE",
                        played.seconds, phases_line(phases)));
        Json kept = std::move(played.report);
        kept["name"] = key;
        kept["application"] = played.play.application;
        drills_.push_back(std::move(kept));
    }

    // Somebody has to use the gateways while these misbehave.
    void begin_users() {
        const auto status = ctl_.ask({"status"}, kShortPatience);
        if (!status)
            return fail(status.error().text);
        for (const auto& gateway : list(*status, "gateways")) {
            const std::string app = text(gateway, "app");
            if (app == "A" || app == "B")
                users_.push_back(std::make_unique<RedisUser>(text(gateway, "address")));
        }
        if (users_.size() != 2)
            fail("the status names no gateways of A and B");
    }

    void end_users() {
        const auto end = Clock::now() + kShortPatience;
        for (auto& user : users_) {
            while (!user->rested() && Clock::now() < end &&
                   ctl_.rest(std::chrono::milliseconds(20))) {
            }
            if (!user->rested() && interrupted() == 0)
                fail("a request through a gateway has no reply");
            checked_ += user->checked();
            wrong_ += user->wrong();
            if (user->wrong() > 0)
                fail("a gateway replied: " + user->first_wrong());
            if (user->checked() == 0)
                fail("no reply of a gateway was checked");
        }
        users_.clear();
    }

    // kill -9 of everything on it; it comes back and every application comes to rest.
    void kill_a_host() {
        const std::string host = "h4";
        picture_.title = "ZZ demonstration: host " + host + " is killed";
        say("host " + host + " is killed");
        for (const char* what : {"kill", "up"}) {
            const auto done = ctl_.run({"host", what, host}, kShortPatience);
            if (!done)
                return fail(done.error().text);
            if (!ctl_.rest(kHostDown))
                return;
        }
        for (const char* name : {"A", "B", "C", "D"})
            if (!rest_of(name, kRestPatience) && interrupted() == 0)
                fail(fmt::format("application {} is not at rest after host {} was killed and "
                                 "started again",
                                 name, host));
        say("host " + host + " is back, every application is at rest");
        host_killed_ = true;
    }

    void finish_load() {
        picture_.title = "ZZ demonstration: waiting for the last replies";
        loads_.end();
        const auto end = Clock::now() + kLoadAgain + kLoadPatience;
        while (loads_.running() && Clock::now() < end &&
               ctl_.rest(std::chrono::milliseconds(100))) {
        }
        if (loads_.running() && interrupted() == 0)
            fail("a client load did not end: some requests may have no reply");
    }

    void check_replies() {
        for (const auto& [name, total] : loads_.totals()) {
            checked_ += total.checked;
            wrong_ += total.wrong;
            if (total.errors > 0)
                fail(fmt::format("application {}: {} requests got no reply", name, total.errors));
            for (const auto& complaint : total.complaints)
                fail(fmt::format("application {}: {}", name, complaint));
            if (total.checked == 0)
                fail(fmt::format("application {}: no reply was checked", name));
        }
        if (wrong_ > 0)
            fail(fmt::format("{} of {} replies were wrong", wrong_, checked_));
        if (checked_ == 0)
            fail("no reply was checked");
        const std::size_t all = whole_ ? whole_plays().size() + host_plays().size() : steps_.size();
        if (drills_.size() != all)
            fail(fmt::format("{} of {} drills were played", drills_.size(), all));
        if (whole_ && !host_killed_)
            fail("no host was killed");
    }

    // In every path: load, watchers, data center, files.
    void leave() {
        left_ = true;
        picture_.title = "ZZ demonstration: taking everything down";
        serving_ = false;
        screen_.draw(picture_);
        screen_.leave();
        console_.stop();
        loads_.stop();
        watch_.stop();
        if (const Status down = ctl_.bring_down(); !down)
            fail(down.error().text);
        if (o_.keep) {
            put_line(stdout, "working files are kept in " + ctl_.dir());
            return;
        }
        std::error_code error;
        fs::remove_all(ctl_.dir(), error);
        if (error)
            fail(fmt::format("cannot remove {}: {}", ctl_.dir(), error.message()));
    }

    void write_summary() {
        if (o_.json_file.empty())
            return;
        const Json summary{{"predicted", predicted_},
                           {"observed", observed_},
                           {"replies", {{"checked", checked_}, {"wrong", wrong_}}},
                           {"drills", drills_}};
        std::ofstream file(o_.json_file, std::ios::trunc);
        file << summary.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
        file.close();
        if (!file)
            fail(fmt::format("cannot write {}", o_.json_file));
    }

    void print_summary() const {
        put_line(stdout, "\nsummary");
        for (const auto& drill : drills_)
            put_line(stdout, fmt::format("  {:<18} {:<2} predicted {:<13} observed {:<13} {}",
                                         text(drill, "name"), text(drill, "application"),
                                         text(child(drill, "predicted"), "verdict"),
                                         text(child(drill, "observed"), "verdict"),
                                         phases_line(child(drill, "phases_ms"))));
        for (const auto& [name, total] : loads_.totals())
            put_line(stdout,
                     fmt::format("  application {}: {} replies checked, {} wrong, {} without reply",
                                 name, total.checked, total.wrong, total.errors));
        for (const auto& sentence : failures_)
            put_line(stderr, "zz-demo: " + sentence);
        put_line(stdout, failures_.empty()
                             ? "everything holds"
                             : fmt::format("{} {} not hold", failures_.size(),
                                           failures_.size() == 1 ? "thing does" : "things do"));
    }

    DemoOptions o_;
    Ctl ctl_;
    Guard guard_;
    Watch watch_;
    Loads loads_;
    Console console_;
    Screen screen_;
    Picture picture_;
    Clock::time_point began_ = Clock::now();
    const bool whole_ = o_.seconds >= kWholeSeconds && !o_.guests;
    const std::vector<std::string> applications_ =
        o_.guests ? std::vector<std::string>{"A"} : std::vector<std::string>{"A", "B", "C", "D"};
    const std::vector<Step> steps_ = o_.guests ? guest_script() : script();
    const seconds rest_patience_ = o_.guests ? kGuestPatience : kRestPatience;
    std::vector<std::unique_ptr<RedisUser>> users_; // of A and B
    bool host_killed_ = false;
    bool serving_ = false, served_ = false, bystander_woke_ = false, left_ = false;
    std::vector<std::string> failures_;
    Json predicted_ = Json::object(), observed_ = Json::object(), drills_ = Json::array();
    std::uint64_t checked_ = 0, wrong_ = 0;
};

} // namespace

int run_demo(const DemoOptions& options) {
    return Demo(options).run();
}

} // namespace zz::demo
