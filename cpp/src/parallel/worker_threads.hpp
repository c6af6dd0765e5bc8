#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "lrcore/parallel/thread_pool.hpp"
#include "parallel/cpu.hpp"

namespace lrcore {

/// Number of threads of one call, including the caller.
extern std::atomic<std::int64_t> thread_limit;

/// True while the current thread runs a task.
inline thread_local bool is_inside_task = false;

/// One run_tasks, on the stack of its caller. The workers' mutex guards the non-atomic members.
struct Call {
    Call(std::size_t task_count, std::size_t helpers, TaskRef task_work)
        : tasks(task_count), work(task_work), seats(helpers) {}

    /// Runs tasks until all have been started.
    void do_tasks() noexcept;
    bool has_seat_and_task() const {
        return seats > 0 && next.load(std::memory_order_relaxed) < tasks;
    }

    const std::size_t tasks;
    const TaskRef work;
    const int core = current_core();
    std::atomic<std::size_t> next{0};
    std::size_t seats;        ///< for workers that have not joined
    std::size_t helpers = 0;  ///< workers that have joined and not left
    std::condition_variable helpers_left;
};

/// Threads that sleep until there is a call to help with. They never end by themselves, so an
/// object must live as long as the process: see workers() in thread_pool.cpp.
class WorkerThreads {
  public:
    /// Runs all tasks of `call`, with as many workers as join in time and find a seat.
    void run(Call& call);

    /// Ends the workers in excess of the limit.
    void end_surplus();

  private:
    void open(Call& call);
    void close(Call& call);
    void start(std::size_t wanted);
    void serve() noexcept;
    void help(Call& call, std::unique_lock<std::mutex>& lock) noexcept;
    Call* call_to_help() const;

    std::mutex mutex_;
    std::condition_variable called_;
    std::vector<Call*> calls_;  ///< the oldest first, so that each gets its turn
    std::int64_t workers_ = 0;
};

}  // namespace lrcore
