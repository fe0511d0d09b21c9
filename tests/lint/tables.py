# SPDX-License-Identifier: Apache-2.0
"""What the lint knows: who may include which foreign library, and what a core may not do."""
import re

# Rooms whose code is sans-IO: no clock, thread, socket, file, logger or global in them.
CORES = set(
    "base message wire auth core matrix client agreement detection replica state application "
    "recovery execution controller drill".split()
)

# Foreign headers: pattern, library, rooms that may include it (None = any; "tests" = tests/),
# Debian package.
FOREIGN = [
    (r"openssl/", "OpenSSL", {"crypto"}, "libssl-dev"),
    (r"zmq(_addon)?\.h(pp)?$", "ZeroMQ", {"transport", "console_link", "tests"}, "libzmq3-dev"),
    (r"zmq(_addon)?\.hpp$", "cppzmq", {"transport", "console_link", "tests"}, "cppzmq-dev"),
    (r"rocksdb/", "RocksDB", {"storage"}, "librocksdb-dev"),
    (r"libvirt/", "libvirt", {"hv_libvirt"}, "libvirt-dev"),
    (r"QtCharts|Q\w*(Chart|Series|Axis)\w*$", "Qt Charts", {"console", "tests"}, "qt6-charts-dev"),
    (r"QtSvg|QSvg", "Qt SVG", {"console", "tests"}, "qt6-svg-dev"),
    (r"Q[A-Zt]\w*(/\w+)?$", "Qt", {"console", "tests"}, "qt6-base-dev"),
    (r"google/protobuf/", "protobuf", {"telemetry", "console", "tests"}, "libprotobuf-dev"),
    (r"toml\+\+/", "toml++", {"cluster", "tests"}, "libtomlplusplus-dev"),
    (r"CLI/", "CLI11", {"services", "demo", "console_app", "tests"}, "libcli11-dev"),
    (r"nlohmann/", "nlohmann json", {"services", "demo", "console", "tests"}, "nlohmann-json3-dev"),
    (r"prometheus/", "prometheus-cpp", {"services"}, "prometheus-cpp-dev"),
    (r"fmt/", "fmt", None, "libfmt-dev"),
    (r"spdlog/", "spdlog", {"runtime", "services"}, "libspdlog-dev"),
    (r"systemd/", "systemd", {"runtime", "services", "hv_process"}, "libsystemd-dev"),
    (r"boost/", "Boost", {"gateway"}, "libboost-dev"),
]
FOREIGN = [(re.compile(p), name, rooms, package) for p, name, rooms, package in FOREIGN]

# Headers of the language and the system: no slash, or one of these folders.
SYSTEM = re.compile(r"[a-z0-9_]+(\.h)?$|(sys|linux|netinet|arpa|net|bits|asm)/[a-z0-9_]+\.h$")

# System headers that no core needs.
CORE_HEADERS = re.compile(
    r"(thread|mutex|shared_mutex|condition_variable|future|atomic|stop_token|semaphore|barrier|"
    r"latch|fstream|iostream|filesystem|csignal|ctime|unistd\.h|fcntl\.h|poll\.h|signal\.h|"
    r"pthread\.h|time\.h|(sys|netinet|arpa|net|linux)/.*)$"
)

_NAMES = (
    "fopen freopen socket getenv setenv rand srand drand48 gettimeofday clock_gettime localtime "
    "gmtime usleep nanosleep popen fork execve printf fprintf puts perror abort exit"
)
# A call of one of these names that is no member and no declaration with a type before it.
_CALL = r"(?<![\w.>~])(?:(?<!:)|(?<=\bstd::)|(?<=[\s(]::))(?:%s)\s*\(" % "|".join(_NAMES.split())

BANNED = [
    (re.compile(r"\b(system|steady|high_resolution|utc|file)_clock\b"), "reads a clock"),
    (
        re.compile(
            r"\bstd::(jthread|thread|mutex|shared_mutex|recursive_mutex|lock_guard|unique_lock|"
            r"scoped_lock|condition_variable|future|promise|async|atomic\w*|call_once)\b"
        ),
        "uses threads",
    ),
    (re.compile(r"\bstd::(i|o)?fstream\b|\bstd::filesystem\b"), "touches files"),
    (re.compile(r"\bstd::(cout|cerr|clog|cin)\b|\bspdlog\b|\bqDebug\b"), "prints or logs"),
    (re.compile(r"\bstd::random_device\b|\bdefault_random_engine\b"), "draws unseeded chance"),
    (re.compile(r"\bthread_local\b"), "holds a global"),
    (
        re.compile(r"^\s*(?:inline\s+)?static\s+(?!const\b|constexpr\b|consteval\b|inline\b|_)"
                   r"[\w:<>,&*\s]+?\b\w+\s*(?:=[^=]|;|\{[^()]*\};)"),
        "holds a mutable static",
    ),
    (re.compile(_CALL), "calls the system"),
    # Words that members and fields may be named by: only with their namespace or argument.
    (
        re.compile(r"\bstd::(time|clock|system)\s*\(|(?<![\w:.>])(::)?time\s*\((nullptr|NULL|0|&)"),
        "calls the system",
    ),
]
