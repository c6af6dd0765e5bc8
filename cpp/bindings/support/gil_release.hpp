#pragma once

#include <pybind11/pybind11.h>

#include <chrono>
#include <thread>

namespace lrcore {

/// Lets other Python threads run while it lives.
///
/// Differs from pybind11's in what becomes of a daemon thread that comes back when the interpreter
/// is shutting down. Python before 3.14 ends such a thread by unwinding its stack, which would
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
