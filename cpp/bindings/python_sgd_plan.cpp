#include "python_sgd_plan.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string>

#include "gil_release.hpp"
#include "read_sgd_tensor.hpp"

namespace lrcore {

namespace py = pybind11;

namespace {

/// Refuses a second user of a plan while it lives.
class Use {
  public:
    explicit Use(std::atomic<bool>& is_in_use) : is_in_use_(is_in_use) {
        if (is_in_use.exchange(true)) {
            throw std::runtime_error("the plan must not be used by two threads at once");
        }
    }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    ~Use() { is_in_use_ = false; }

  private:
    std::atomic<bool>& is_in_use_;
};

void check_length(const char* name, const py::list& list, std::size_t expected) {
    if (list.size() == expected) return;
    throw std::invalid_argument(std::string(name) + " must hold " + std::to_string(expected) +
                                " items, but got " + std::to_string(list.size()));
}

void check_lengths(const SgdLists& lists) {
    const std::size_t expected = lists.params.size();
    check_length("grads", lists.grads, expected);
    check_length("groups", lists.groups, expected);
    if (!lists.buffers.empty()) check_length("buffers", lists.buffers, expected);
    if (!lists.masters.empty()) check_length("masters", lists.masters, expected);
    if (!lists.averages.empty()) check_length("averages", lists.averages, expected);
}

/// The items of a list, which another thread cannot change.
py::tuple frozen(const py::list& list) {
    auto items = py::reinterpret_steal<py::tuple>(PyList_AsTuple(list.ptr()));
    if (!items) throw py::error_already_set();
    return items;
}

/// The item, null where there is none.
py::handle item(const py::object& items, std::size_t index) {
    if (PyTuple_GET_SIZE(items.ptr()) == 0) return {};
    const py::handle found = PyTuple_GET_ITEM(items.ptr(), static_cast<py::ssize_t>(index));
    return found.is_none() ? py::handle() : found;
}

std::size_t position(const char* name, py::handle object) {
    const std::size_t value = PyLong_AsSize_t(object.ptr());
    if (value == static_cast<std::size_t>(-1) && PyErr_Occurred() != nullptr) {
        PyErr_Clear();
        throw std::invalid_argument(std::string(name) + " must hold integers of at least 0");
    }
    return value;
}

std::vector<bool> flags(const char* name, const PositionList& positions, std::size_t size) {
    std::vector<bool> flags(size);
    for (const py::handle object : positions) {
        const std::size_t at = position(name, object);
        if (at >= size) {
            throw std::invalid_argument(std::string(name) + " must hold positions less than " +
                                        std::to_string(size) + ", but got " + std::to_string(at));
        }
        flags[at] = true;
    }
    return flags;
}

}  // namespace

PositionList PythonSgdPlan::read(const SgdLists& lists) {
    std::vector<py::object> dropped;  // after the use, because it can run Python code
    const Use use(is_in_use_);
    check_lengths(lists);
    has_read_ = false;
    dropped.swap(held_);
    held_.clear();
    hold(lists);
    std::vector<std::size_t> left_out = read_tensors(lists);
    leave_out(plan_.assign({tensors_.data(), tensors_.size()}), left_out);
    note_params();
    has_read_ = true;
    PositionList positions;
    for (const std::size_t position : left_out) positions.append(position);
    return positions;
}

void PythonSgdPlan::hold(const SgdLists& lists) {
    for (const auto* list :
         {&lists.params, &lists.grads, &lists.buffers, &lists.masters, &lists.averages}) {
        held_.push_back(frozen(*list));
    }
    held_.push_back(frozen(lists.groups));
}

/// Fills tensors_ and positions_; returns the positions of what cannot be read.
std::vector<std::size_t> PythonSgdPlan::read_tensors(const SgdLists& lists) {
    const std::size_t size = PyTuple_GET_SIZE(held_[0].ptr());
    const std::vector<bool> first_momentum = flags("first_momenta", lists.first_momenta, size);
    const std::vector<bool> first_average = flags("first_averages", lists.first_averages, size);
    std::vector<std::size_t> left_out;
    tensors_.clear();
    positions_.clear();
    for (std::size_t i = 0; i < size; ++i) {
        const SgdObjects objects{item(held_[0], i), item(held_[1], i), item(held_[2], i),
                                 item(held_[3], i), item(held_[4], i)};
        if (!objects.grad) continue;
        GroupedTensor grouped;
        grouped.tensor.first_momentum = first_momentum[i];
        grouped.tensor.first_average = first_average[i];
        grouped.group = position("groups", item(held_[5], i));
        if (objects.param && read_sgd_tensor(reader_, objects, grouped.tensor)) {
            tensors_.push_back(grouped);
            positions_.push_back(i);
        } else {
            left_out.push_back(i);
        }
    }
    std::vector<py::object> capsules = reader_.take_capsules();
    std::move(capsules.begin(), capsules.end(), std::back_inserter(held_));
    return left_out;
}

/// Moves the positions of the tensors at `indices` to `left_out`, which stays in order.
void PythonSgdPlan::leave_out(const std::vector<std::size_t>& indices,
                              std::vector<std::size_t>& left_out) {
    for (const std::size_t index : indices) left_out.push_back(positions_[index]);
    for (auto index = indices.rbegin(); index != indices.rend(); ++index) {
        positions_.erase(positions_.begin() + static_cast<std::ptrdiff_t>(*index));
    }
    std::sort(left_out.begin(), left_out.end());
}

void PythonSgdPlan::note_params() {
    const auto is_listed = [this](std::size_t i) {
        return PyList_GET_ITEM(params_updated_.ptr(), static_cast<py::ssize_t>(i)) ==
               item(held_[0], positions_[i]).ptr();
    };
    bool is_same = params_updated_.size() == positions_.size();
    for (std::size_t i = 0; is_same && i < positions_.size(); ++i) is_same = is_listed(i);
    if (is_same) return;
    params_updated_ = ObjectList();
    for (const std::size_t position : positions_) params_updated_.append(item(held_[0], position));
}

void PythonSgdPlan::check_has_read() const {
    if (!has_read_) throw std::runtime_error("read must come first: it serves one step");
}

double PythonSgdPlan::grad_norm(double grad_factor, std::int64_t num_threads) {
    const Use use(is_in_use_);
    check_has_read();
    const GilRelease unlocked;
    return plan_.grad_norm(grad_factor, num_threads);
}

std::size_t PythonSgdPlan::step(const std::vector<SgdOptions>& options) {
    std::vector<py::object> dropped;
    const Use use(is_in_use_);
    check_has_read();
    std::size_t nonfinite = 0;
    {
        // From here on only memory of tensors that the plan holds a reference to is touched.
        const GilRelease unlocked;
        nonfinite = plan_.step({options.data(), options.size()});
    }
    has_read_ = false;
    dropped.swap(held_);
    return nonfinite;
}

}  // namespace lrcore
