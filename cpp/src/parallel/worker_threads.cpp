#include "parallel/worker_threads.hpp"

#include <algorithm>
#include <exception>
#include <thread>

#include "parallel/cpu.hpp"

namespace lrcore {

std::atomic<std::int64_t> thread_limit{usable_cores()};

void Call::do_tasks() noexcept {
    std::size_t task;
    while ((task = next.fetch_add(1, std::memory_order_relaxed)) < tasks) work(task);
}

void WorkerThreads::run(Call& call) {
    open(call);
    is_inside_task = true;
    call.do_tasks();
    is_inside_task = false;
    close(call);
}

void WorkerThreads::end_surplus() {
    // Under the mutex, or a worker that is about to sleep would miss it.
    const std::lock_guard<std::mutex> lock(mutex_);
    called_.notify_all();
}

void WorkerThreads::open(Call& call) {
    const std::size_t helpers = call.seats;
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        calls_.push_back(&call);
        start(helpers);
    }
    for (std::size_t i = 0; i < helpers; ++i) called_.notify_one();
}

void WorkerThreads::close(Call& call) {
    std::unique_lock<std::mutex> lock(mutex_);
    calls_.erase(std::find(calls_.begin(), calls_.end(), &call));
    call.helpers_left.wait(lock, [&] { return call.helpers == 0; });
}

void WorkerThreads::start(std::size_t wanted) {
    try {
        while (static_cast<std::size_t>(workers_) < wanted) {
            std::thread([this] { serve(); }).detach();
            ++workers_;
        }
    } catch (const std::exception&) {
        // The system is out of threads: the existing workers, or the caller alone, run the tasks.
    }
}

void WorkerThreads::serve() noexcept {
    is_inside_task = true;
    bool can_move = true;
    std::unique_lock<std::mutex> lock(mutex_);
    while (workers_ < thread_limit.load(std::memory_order_relaxed)) {
        Call* call = call_to_help();
        if (call == nullptr) {
            called_.wait(lock);
        } else if (can_move && call->core == current_core()) {
            // The system often wakes a worker on the core of its caller, mostly in virtual
            // machines, where the two would slow each other down. The caller does not wait for the
            // move, so the worker then looks for a call again.
            const int core = call->core;
            lock.unlock();
            can_move = leave_core(core);
            lock.lock();
        } else {
            help(*call, lock);
        }
    }
    --workers_;
}

void WorkerThreads::help(Call& call, std::unique_lock<std::mutex>& lock) noexcept {
    --call.seats;
    ++call.helpers;
    lock.unlock();
    call.do_tasks();
    lock.lock();
    // The caller can return, and `call` vanish, only after the mutex is released again.
    if (--call.helpers == 0) call.helpers_left.notify_one();
}

Call* WorkerThreads::call_to_help() const {
    const auto open = [](const Call* call) { return call->has_seat_and_task(); };
    const auto found = std::find_if(calls_.begin(), calls_.end(), open);
    return found == calls_.end() ? nullptr : *found;
}

}  // namespace lrcore
