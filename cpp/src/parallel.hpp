#pragma once

#include <cstddef>
#include <exception>
#include <thread>
#include <vector>

namespace lrcore {

/// Calls work(0) ... work(count - 1), each in a thread of its own but the first, and waits for all.
///
/// No thread outlives the call, so fork() and the end of the process find none. `work` must not
/// throw.
template <class Work>
void run_in_threads(std::size_t count, const Work& work) {
    std::vector<std::thread> threads;
    threads.reserve(count);
    std::size_t next = 1;
    try {
        for (; next < count; ++next) threads.emplace_back([&work, next] { work(next); });
    } catch (const std::exception&) {
        // The system has no more threads to give: the caller does what is left.
    }
    work(0);
    for (; next < count; ++next) work(next);
    for (std::thread& thread : threads) thread.join();
}

}  // namespace lrcore
