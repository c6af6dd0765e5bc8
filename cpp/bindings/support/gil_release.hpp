#pragma once

#include <pybind11/pybind11.h>

#include <chrono>
#include <thread>

namespace lrcore {

/// Releases the GIL during its lifetime.
///
/// Differs from py::gil_scoped_release for a daemon thread that reacquires the GIL during
/// interpreter shutdown. Python before 3.14 ends such a thread by unwinding its stack, which would
/// terminate the process at pybind11's destructor, or release Python objects without the GIL after
/// it. Here the thread sleeps until the process is gone, as in Python 3.14.
class GilRelease {
  public:
    GilRelease() : state_(PyEval_SaveThread()) {}
    GilRelease(const GilRelease&) = delete;
    GilRelease& operator=(const GilRelease&) = delete;
    ~GilRelease() {
        try {
            PyEval_RestoreThread(state_);
        } catch (...) {  // no exception, but glibc's pthread_exit()
            while (true) std::this_thread::sleep_for(std::chrono::hours(1));
        }
    }

  private:
    PyThreadState* state_;
};

}  // namespace lrcore
