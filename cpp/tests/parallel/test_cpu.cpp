#include <doctest/doctest.h>

#include <thread>

#include "parallel/cpu.hpp"

#ifdef __linux__
#include <sched.h>
#endif

using namespace lrcore;

TEST_CASE("usable_cores is at least 1 and current_core one of the system's") {
    CHECK(usable_cores() >= 1);
    CHECK(current_core() >= -1);
}

#ifdef __linux__

TEST_CASE("leave_core leaves the cores that the thread may use as they were") {
    cpu_set_t before, after;
    REQUIRE(sched_getaffinity(0, sizeof before, &before) == 0);
    CHECK(leave_core(current_core()) == (usable_cores() > 1));
    REQUIRE(sched_getaffinity(0, sizeof after, &after) == 0);
    CHECK(CPU_EQUAL(&before, &after));
}

TEST_CASE("a thread that is kept on one core cannot leave it") {
    std::thread([] {
        const int core = current_core();
        cpu_set_t only;
        CPU_ZERO(&only);
        CPU_SET(static_cast<std::size_t>(core), &only);
        REQUIRE(sched_setaffinity(0, sizeof only, &only) == 0);
        CHECK(usable_cores() == 1);
        CHECK_FALSE(leave_core(core));
        CHECK(usable_cores() == 1);
        CHECK(current_core() == core);
    }).join();
}

#endif
