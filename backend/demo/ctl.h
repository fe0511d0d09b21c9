// SPDX-License-Identifier: Apache-2.0
// Ctl: a data center as its command line shows it. Runs `zzctl` as a child for each question, so
// that what this program can do a person with a shell can do too. While it waits it calls `idle`
// (a screen to redraw, other children to read). Of one thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "backend/demo/child.h"
#include "protocol/base/result.h"

namespace zz::demo {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;
using Words = std::vector<std::string>;

class Ctl {
  public:
    // `program`: path of zzctl, beside the services it starts. `dir`: folder of the data center.
    Ctl(std::string program, std::string dir)
        : program_(std::move(program)), dir_(std::move(dir)) {}

    const std::string& dir() const { return dir_; }
    const std::string& program() const { return program_; }
    void on_idle(std::function<void()> idle) { idle_ = std::move(idle); }

    // `zzctl WORDS --dir DIR`, not waited for.
    Result<std::unique_ptr<Child>> start(Words words) const;
    // Waits for it. An Error if it fails, takes longer than `patience`, or an interrupt came; its
    // text is what the command wrote to standard error.
    Result<std::string> run(Words words, std::chrono::seconds patience) const;
    // run(), and the one JSON document it printed.
    Result<Json> ask(Words words, std::chrono::seconds patience) const;
    // False if an interrupt came. Calls idle meanwhile.
    bool rest(std::chrono::milliseconds time) const;

    // `cluster down`, then ends by their numbers the processes that still have a file below dir()
    // on their command line and were started from zzctl's folder. Works after an interrupt too. An
    // Error if something is left.
    Status bring_down() const;

  private:
    Result<std::string> finish(Child& child, const Words& words, std::chrono::seconds patience,
                               bool stops_on_interrupt) const;

    std::string program_, dir_;
    std::function<void()> idle_;
};

// The document in `text`, or an Error that quotes its beginning.
Result<Json> parse_json(const std::string& text, const std::string& source);

// Fields of a document that may be null, of another type or not there.
std::optional<std::uint64_t> number(const Json& object, const char* key);
std::string text(const Json& object, const char* key);
bool flag(const Json& object, const char* key);
const Json& list(const Json& object, const char* key);  // an empty list if there is none
const Json& child(const Json& object, const char* key); // an empty object if there is none

// Whether `path` can be written; makes it if it is not there. Empty: nothing is to be written.
bool writable(const std::string& path);

// Folder of the program that runs.
std::string own_folder();
// Where working files go: the `build` folder that the program lies in, else ./build.
std::string build_folder();

} // namespace zz::demo
