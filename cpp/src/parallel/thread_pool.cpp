#include "lrcore/parallel/thread_pool.hpp"

#ifndef _WIN32
#include <pthread.h>
#endif

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>

#include "lrcore/support/validate.hpp"
#include "parallel/worker_threads.hpp"

namespace lrcore {
namespace {

// Never destroyed: at process exit workers still sleep on its condition variable, and a daemon
// thread of Python may still be in a kernel.
std::atomic<WorkerThreads*> workers_of_process{nullptr};

WorkerThreads& workers() {
    WorkerThreads* present = workers_of_process.load(std::memory_order_acquire);
    if (present != nullptr) return *present;
    auto fresh = std::make_unique<WorkerThreads>();
    // Another thread may have been faster.
    if (!workers_of_process.compare_exchange_strong(present, fresh.get())) return *present;
    return *fresh.release();
}

#ifndef _WIN32
// After fork() a child has no workers, and its copies of the mutex and condition variables may be
// locked by threads that do not exist there. So it abandons them and starts a new pool. Only a
// pointer is written, which is safe in any state of the other threads. Registered at library load:
// a guard for the first use could itself be locked at the fork.
[[maybe_unused]] const int fork_handler = pthread_atfork(
    nullptr, nullptr, [] { workers_of_process.store(nullptr, std::memory_order_release); });
#endif

void run_alone(std::size_t tasks, TaskRef work) {
    const bool was_inside_task = std::exchange(is_inside_task, true);
    for (std::size_t task = 0; task < tasks; ++task) work(task);
    is_inside_task = was_inside_task;
}

}  // namespace

void run_tasks(std::size_t tasks, std::size_t threads, TaskRef work) {
    const auto limit = static_cast<std::size_t>(num_threads());
    const std::size_t participants = std::min({tasks, threads, limit});
    if (participants <= 1 || is_inside_task) return run_alone(tasks, work);
    Call call(tasks, participants - 1, work);
    workers().run(call);
}

std::int64_t num_threads() { return thread_limit.load(std::memory_order_relaxed); }

void set_num_threads(std::int64_t num_threads) {
    at_least(1, "num_threads", num_threads);
    if (thread_limit.exchange(num_threads) > num_threads) workers().end_surplus();
}

}  // namespace lrcore
