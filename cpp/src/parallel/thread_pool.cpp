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

// Never destroyed: at the end of the process workers still sleep on its condition variable, and a
// thread of Python that nobody waits for may still be in a kernel.
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
// A child has none of its parent's workers, and copies of a mutex and condition variables that some
// other thread of the parent may have held or waited for: it leaves them alone and starts anew.
// Only a pointer is written, which is safe whatever the other threads were at. Registered as the
// library is loaded: a guard for the first use could itself be held by a thread at the fork.
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
