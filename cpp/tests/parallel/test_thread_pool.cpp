#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

#include "lrcore/parallel/thread_pool.hpp"

using namespace lrcore;

namespace {

/// Sets the number of threads for the time of a test.
class NumThreads {
  public:
    explicit NumThreads(std::int64_t count) : before_(num_threads()) { set_num_threads(count); }
    ~NumThreads() { set_num_threads(before_); }

  private:
    std::int64_t before_;
};

/// Which thread did which tasks, in its order.
class Record {
  public:
    void operator()(std::size_t task) const noexcept {
        const std::lock_guard<std::mutex> lock(mutex_);
        tasks_[std::this_thread::get_id()].push_back(task);
    }

    std::size_t threads() const { return tasks_.size(); }
    const std::vector<std::size_t>& of_this_thread() { return tasks_[std::this_thread::get_id()]; }

    bool each_ascends() const {
        return std::all_of(tasks_.begin(), tasks_.end(), [](const auto& done) {
            return std::is_sorted(done.second.begin(), done.second.end());
        });
    }

    std::vector<std::size_t> all() const {
        std::vector<std::size_t> all;
        for (const auto& [thread, done] : tasks_) all.insert(all.end(), done.begin(), done.end());
        std::sort(all.begin(), all.end());
        return all;
    }

  private:
    mutable std::mutex mutex_;
    mutable std::map<std::thread::id, std::vector<std::size_t>> tasks_;
};

std::vector<std::size_t> first(std::size_t count) {
    std::vector<std::size_t> numbers(count);
    std::iota(numbers.begin(), numbers.end(), std::size_t{0});
    return numbers;
}

/// Opens when `expected` threads have come; those that came wait until then.
class Meeting {
  public:
    explicit Meeting(std::size_t expected) : missing_(expected) {}

    void come() {
        std::unique_lock<std::mutex> lock(mutex_);
        if (--missing_ == 0) complete_.notify_all();
        complete_.wait(lock, [this] { return missing_ == 0; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable complete_;
    std::size_t missing_;
};

/// The sum of the squares of the first `count` numbers, one task each, as run_tasks has it done.
std::size_t sum_of_squares_of_first(std::size_t count) {
    std::vector<std::size_t> squares(count);
    run_tasks(count, 8, [&](std::size_t task) noexcept { squares[task] = task * task; });
    return std::accumulate(squares.begin(), squares.end(), std::size_t{0});
}

}  // namespace

TEST_CASE("run_tasks does every task once, in ascending order, on at most so many threads") {
    const NumThreads four(4);
    for (const std::size_t tasks : {0, 1, 2, 3, 64, 1000}) {
        for (const std::size_t threads : {0, 1, 2, 3, 100}) {
            Record record;
            run_tasks(tasks, threads, record);
            CHECK(record.all() == first(tasks));
            CHECK(record.each_ascends());
            CHECK(record.threads() <= std::clamp<std::size_t>(threads, 1, 4));
        }
    }
}

TEST_CASE("run_tasks runs tasks concurrently on the requested number of threads") {
    const NumThreads four(4);
    for (int repeat = 0; repeat < 100; ++repeat) {
        Meeting meeting(4);
        Record record;
        run_tasks(4, 4, [&](std::size_t task) noexcept {
            meeting.come();
            record(task);
        });
        CHECK(record.threads() == 4);
    }
}

TEST_CASE("run_tasks uses the calling thread alone where one thread is enough or allowed") {
    Record one_thread, one_task, one_allowed;
    run_tasks(64, 1, one_thread);
    run_tasks(1, 8, one_task);
    const NumThreads one(1);
    run_tasks(64, 8, one_allowed);
    CHECK(one_thread.of_this_thread() == first(64));
    CHECK(one_task.of_this_thread() == first(1));
    CHECK(one_allowed.of_this_thread() == first(64));
}

TEST_CASE("run_tasks does not wait for a worker that is busy elsewhere") {
    const NumThreads two(2);
    Meeting begun(3), over(3);
    std::thread other([&] {
        run_tasks(2, 2, [&](std::size_t) noexcept {
            begun.come();
            over.come();
        });
    });
    begun.come();  // the only worker and the other caller are in a task each
    Record record;
    run_tasks(10, 2, record);
    CHECK(record.of_this_thread() == first(10));
    over.come();
    other.join();
}

TEST_CASE("a nested run_tasks runs on the calling thread") {
    const NumThreads four(4);
    for (const std::size_t tasks : {1, 4}) {
        Meeting meeting(tasks);
        std::atomic<std::size_t> on_own_thread{0};
        run_tasks(tasks, 4, [&](std::size_t) noexcept {
            meeting.come();
            Record inner, innermost;
            run_tasks(10, 4, [&](std::size_t task) noexcept {
                run_tasks(2, 4, innermost);
                inner(task);
            });
            if (inner.of_this_thread() == first(10) && innermost.threads() == 1) ++on_own_thread;
        });
        CHECK(on_own_thread == tasks);
    }
    Meeting meeting(4);  // and afterwards there are several again
    run_tasks(4, 4, [&](std::size_t) noexcept { meeting.come(); });
}

TEST_CASE("run_tasks serves many callers while the number of threads changes") {
    const NumThreads four(4);
    std::atomic<int> callers_at_work{8};
    std::atomic<int> right{0};
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 8; ++caller) {
        callers.emplace_back([&] {
            for (int repeat = 0; repeat < 500; ++repeat) {
                if (sum_of_squares_of_first(20) == 2470) ++right;
            }
            --callers_at_work;
        });
    }
    for (std::int64_t count = 1; callers_at_work > 0; count = count % 8 + 1) {
        set_num_threads(count);
        CHECK(num_threads() == count);
        std::this_thread::yield();
    }
    for (std::thread& caller : callers) caller.join();
    CHECK(right == 8 * 500);
}

TEST_CASE("set_num_threads can take threads away and give them back") {
    for (const std::int64_t count : {3, 1, 2, 4}) {
        const NumThreads limit(count);
        const auto size = static_cast<std::size_t>(count);
        Meeting meeting(size);
        Record record;
        run_tasks(size, 8, [&](std::size_t task) noexcept {
            meeting.come();
            record(task);
        });
        CHECK(record.threads() == size);
        Record many;
        run_tasks(1000, 8, many);
        CHECK(many.threads() <= size);
    }
}

TEST_CASE("set_num_threads rejects less than 1 and then changes nothing") {
    const std::int64_t before = num_threads();
    CHECK(before >= 1);
    CHECK_THROWS_WITH_AS(set_num_threads(0), "num_threads must be at least 1, but got 0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(set_num_threads(-3), "num_threads must be at least 1, but got -3",
                         std::invalid_argument);
    CHECK(num_threads() == before);
}
