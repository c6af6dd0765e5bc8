#pragma once

#include <cstddef>
#include <cstdint>

namespace lrcore {

/// A non-owning reference to a noexcept callable task(index), like std::function_ref.
class TaskRef {
  public:
    template <class Callable>
    TaskRef(const Callable& callable) : callable_(&callable), call_(&call<Callable>) {
        static_assert(noexcept(callable(std::size_t{})), "a task must not throw");
    }

    void operator()(std::size_t task) const noexcept { call_(callable_, task); }

  private:
    template <class Callable>
    static void call(const void* callable, std::size_t task) noexcept {
        (*static_cast<const Callable*>(callable))(task);
    }

    const void* callable_;
    void (*call_)(const void*, std::size_t) noexcept;
};

/// Calls work(task) for every task in [0, tasks), in ascending order, on the calling thread and on
/// at most `threads - 1` others, and returns when all are done.
///
/// The caller works too and waits only for threads in the middle of a task. A nested call runs on
/// the calling thread alone. At most num_threads() threads take part.
void run_tasks(std::size_t tasks, std::size_t threads, TaskRef work);

/// Number of threads of one run_tasks; by default the cores that this process may use.
std::int64_t num_threads();

/// Takes effect at the next run_tasks. Throws argument_error below 1.
void set_num_threads(std::int64_t num_threads);

}  // namespace lrcore
