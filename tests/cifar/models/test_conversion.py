from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from lrcore.cifar.models import GUIDE, MODELS, QUICK, RESNET9, ModelSpec, initial_weights
from lrcore.cifar.models.conversion import convert
from lrcore.cifar.models.keras_model import build_keras_model, keras_weights
from lrcore.cifar.models.torch_model import build_torch_model, torch_weights
from lrcore.keras import SGD

SUFFIXES = (".safetensors", ".pt", ".keras", ".weights.h5")


def random_weights(spec: ModelSpec, dtype: str = "float32") -> dict[str, np.ndarray]:
    """Weights of which no two are equal, and bits that arithmetic would lose."""
    random = np.random.default_rng(0)
    shapes = {name: array.shape for name, array in initial_weights(spec, 0).items()}
    weights = {name: random.normal(size=shape).astype(dtype) for name, shape in shapes.items()}
    next(iter(weights.values())).flat[:4] = [-0.0, np.nan, -np.inf, 1e-42]
    return weights


def safetensors_of(path: Path, spec: ModelSpec, dtype: str = "float32") -> dict[str, np.ndarray]:
    weights = random_weights(spec, dtype)
    save_file(weights, path, metadata={"format": "lrcore-weights", "model": spec.name})
    return weights


def assert_same_bits(actual: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert actual.keys() == expected.keys()
    for name, array in expected.items():
        assert actual[name].dtype == array.dtype
        assert actual[name].shape == array.shape
        assert actual[name].tobytes() == array.tobytes(), name


def assert_refused(source: Path, target: Path, model: str | None, sentence: str) -> None:
    before = sorted(source.parent.iterdir())
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        convert(source, target, model)
    assert sorted(source.parent.iterdir()) == before


def test_weights_convert_between_all_formats_bit_for_bit(tmp_path: Path) -> None:
    files = {suffix: tmp_path / f"first{suffix}" for suffix in SUFFIXES}
    weights = safetensors_of(files[".safetensors"], QUICK)
    for suffix in SUFFIXES[1:]:
        convert(files[".safetensors"], files[suffix])
    for source in SUFFIXES:
        for target in SUFFIXES:
            there, back = tmp_path / f"from{source}{target}", tmp_path / f"from{source}{target}.safetensors"
            convert(files[source], there, "quick")
            convert(there, back, "quick")
            assert_same_bits(load_file(back), weights)


@pytest.mark.parametrize(("spec", "dtype"), [(GUIDE, "float64"), (RESNET9, "float32")], ids=["guide", "resnet9"])
def test_every_model_goes_round_all_kinds_of_files_bit_for_bit(spec: ModelSpec, dtype: str, tmp_path: Path) -> None:
    path = tmp_path / "0.safetensors"
    weights = safetensors_of(path, spec, dtype)
    for number, suffix in enumerate((".pt", ".keras", ".weights.h5", ".safetensors"), start=1):
        source, path = path, tmp_path / f"{number}{suffix}"
        convert(source, path, spec.name)
    assert_same_bits(load_file(path), weights)
    assert sorted(tmp_path.iterdir()) == sorted(
        tmp_path / name for name in ("0.safetensors", "1.pt", "2.keras", "3.weights.h5", "4.safetensors")
    )


def test_each_framework_reads_its_file_by_itself(tmp_path: Path) -> None:
    source = tmp_path / "weights.safetensors"
    weights = safetensors_of(source, QUICK)
    for suffix in SUFFIXES[1:]:
        convert(source, tmp_path / f"weights{suffix}")
    in_torch = build_torch_model(QUICK, initial_weights(QUICK, 0))
    in_torch.load_state_dict(torch.load(tmp_path / "weights.pt"))
    assert_same_bits(torch_weights(in_torch), weights)
    assert_same_bits(keras_weights(keras.saving.load_model(tmp_path / "weights.keras")), weights)
    in_keras = build_keras_model(QUICK, initial_weights(QUICK, 0))
    in_keras.load_weights(tmp_path / "weights.weights.h5")
    assert_same_bits(keras_weights(in_keras), weights)


def test_safetensors_files_identify_their_format(tmp_path: Path) -> None:
    convert(source_of_torch(tmp_path), tmp_path / "weights.safetensors", "quick")
    with safe_open(tmp_path / "weights.safetensors", framework="numpy") as file:
        assert file.metadata() == {"format": "lrcore-weights", "model": "quick"}


def source_of_torch(folder: Path) -> Path:
    torch.save(build_torch_model(QUICK, random_weights(QUICK)).state_dict(), folder / "weights.pt")
    return folder / "weights.pt"


def test_a_checkpoint_of_a_trainer_gives_its_weights(tmp_path: Path) -> None:
    weights = random_weights(QUICK)
    tensors = {f"weights/{name}": array for name, array in weights.items()}
    tensors |= {f"momentum/{name}": array + 1 for name, array in weights.items()}
    save_file(tensors, tmp_path / "step-00000100.safetensors", metadata={"format": "lrcore-checkpoint"})
    convert(tmp_path / "step-00000100.safetensors", tmp_path / "weights.safetensors", "quick")
    assert_same_bits(load_file(tmp_path / "weights.safetensors"), weights)


def test_a_trained_keras_model_converts_without_optimizer_state(tmp_path: Path) -> None:
    model = build_keras_model(GUIDE, initial_weights(GUIDE, 0))
    model.compile(
        SGD(0.01, momentum=0.9), keras.losses.SparseCategoricalCrossentropy(from_logits=True), run_eagerly=True
    )
    model.train_on_batch(np.ones((2, 32, 32, 3), np.float32), np.zeros(2))
    model.save(tmp_path / "trained.keras")
    model.save_weights(tmp_path / "trained.weights.h5")
    for name in ("trained.keras", "trained.weights.h5"):
        convert(tmp_path / name, tmp_path / f"{name}.safetensors")
        assert_same_bits(load_file(tmp_path / f"{name}.safetensors"), keras_weights(model))


def test_a_channels_last_state_dict_is_read(tmp_path: Path) -> None:
    model = build_torch_model(QUICK, random_weights(QUICK)).to(memory_format=torch.channels_last)
    torch.save(model.state_dict(), tmp_path / "weights.pt")
    convert(tmp_path / "weights.pt", tmp_path / "weights.safetensors", "quick")
    assert_same_bits(load_file(tmp_path / "weights.safetensors"), random_weights(QUICK))


def test_an_existing_target_is_left_alone(tmp_path: Path) -> None:
    source, target = source_of_torch(tmp_path), tmp_path / "weights.keras"
    target.write_text("precious")
    assert_refused(source, target, "quick", f"target {target} already exists: choose another")
    assert target.read_text() == "precious"


def test_a_suffix_that_is_none_of_the_four_is_refused(tmp_path: Path) -> None:
    expected = "must end in .safetensors, .pt, .keras, .weights.h5, but got"
    assert_refused(tmp_path / "a.h5", tmp_path / "b.pt", "quick", f"source {expected} {tmp_path / 'a.h5'}")
    assert_refused(tmp_path / "a.pt", tmp_path / "b.ckpt", "quick", f"target {expected} {tmp_path / 'b.ckpt'}")


def test_the_model_must_be_told_where_the_source_does_not_say_it(tmp_path: Path) -> None:
    source, target = source_of_torch(tmp_path), tmp_path / "weights.safetensors"
    known = ", ".join(MODELS)
    sentence = f"{source} does not say of which model its weights are: model must be one of {known}"
    assert_refused(source, target, None, sentence)
    assert_refused(source, target, "vgg", f"model must be one of {known}, but got 'vgg'")


@pytest.mark.parametrize("suffix", [".safetensors", ".keras", ".weights.h5"])
def test_a_model_other_than_the_sources_is_refused(suffix: str, tmp_path: Path) -> None:
    source = tmp_path / f"weights{suffix}"
    if suffix == ".safetensors":
        safetensors_of(source, QUICK)
    else:
        model = build_keras_model(QUICK, random_weights(QUICK))
        model.save(source) if suffix == ".keras" else model.save_weights(source)
    assert_refused(source, tmp_path / "b.pt", "guide", f"{source} holds the model 'quick', but model is 'guide'")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_damaged_source_is_refused(suffix: str, tmp_path: Path) -> None:
    whole, source, target = tmp_path / f"whole{suffix}", tmp_path / f"cut{suffix}", tmp_path / "target.safetensors"
    convert(source_of_torch(tmp_path), whole, "quick")
    kinds = {".safetensors": "a safetensors file", ".pt": "a PyTorch state_dict"}
    sentence = f"{source} is damaged, or is not {kinds.get(suffix, 'a Keras file')}"
    for content in (b"", b"\x89HDF", whole.read_bytes()[:-50_000]):
        source.write_bytes(content)
        assert_refused(source, target, "quick", sentence)


def test_a_pickle_that_would_run_code_is_not_run(tmp_path: Path) -> None:
    class Malicious:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (tmp_path / "ran",)

    torch.save({"conv1.weight": Malicious()}, tmp_path / "a.pt")
    sentence = f"{tmp_path / 'a.pt'} is damaged, or is not a PyTorch state_dict"
    assert_refused(tmp_path / "a.pt", tmp_path / "b.keras", "quick", sentence)


def test_files_of_something_else_are_refused(tmp_path: Path) -> None:
    other = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)], name="other")
    other.save(tmp_path / "a.keras")
    known = ", ".join(MODELS)
    sentence = f"{tmp_path / 'a.keras'} holds the model 'other', which is none of {known}"
    assert_refused(tmp_path / "a.keras", tmp_path / "b.pt", None, sentence)
    torch.save(torch.zeros(2), tmp_path / "a.pt")
    sentence = f"{tmp_path / 'a.pt'} is damaged, or is not a PyTorch state_dict"
    assert_refused(tmp_path / "a.pt", tmp_path / "b.keras", "quick", sentence)


def test_weights_that_do_not_fit_the_model_are_refused(tmp_path: Path) -> None:
    weights, target = random_weights(QUICK), tmp_path / "target.keras"
    path = tmp_path / "a.safetensors"
    save_file({**weights, "conv1/bias": np.zeros(1, np.float32)}, path)
    sentence = f"the weights in {path}['conv1/bias'] must have shape (32,), but got (1,)"
    assert_refused(path, target, "quick", sentence)
    save_file({name: weights[name] for name in list(weights)[1:]}, path)
    sentence = f"the weights in {path} must have the model's names, but differ in ['conv1/kernel']"
    assert_refused(path, target, "quick", sentence)
    path = source_of_torch(tmp_path)
    names = ["conv4.bias", "conv4.weight", "conv5.bias", "conv5.weight", "conv6.bias", "conv6.weight", "..."]
    sentence = f"the weights in {path} must have the model's names, but differ in {names}"
    assert_refused(path, target, "guide", sentence)


def test_a_keras_file_with_a_layer_too_many_is_refused(tmp_path: Path) -> None:
    """`load_weights` alone would take it."""
    quick = build_keras_model(QUICK, random_weights(QUICK))
    longer = keras.Model(quick.input, keras.layers.Dense(5)(quick.output), name="quick")
    longer.save_weights(tmp_path / "a.weights.h5")
    sentence = f"{tmp_path / 'a.weights.h5'} does not hold the weights of the model quick"
    assert_refused(tmp_path / "a.weights.h5", tmp_path / "b.pt", None, sentence)


def test_a_keras_file_with_other_shapes_is_refused(tmp_path: Path) -> None:
    inputs = keras.Input((116906,))
    outputs = keras.layers.Dense(1, use_bias=False)(inputs)
    keras.Model(inputs, outputs, name="quick").save_weights(tmp_path / "a.weights.h5")
    sentence = f"{tmp_path / 'a.weights.h5'} does not hold the weights of the model quick"
    assert_refused(tmp_path / "a.weights.h5", tmp_path / "b.pt", None, sentence)


def test_weights_of_other_or_several_dtypes_are_refused(tmp_path: Path) -> None:
    weights = random_weights(QUICK)
    save_file({**weights, "conv1/bias": np.zeros(32, np.float16)}, tmp_path / "a.safetensors")
    sentence = "must hold weights that are all float32 or all float64, but holds"
    source = tmp_path / "a.safetensors"
    assert_refused(source, tmp_path / "b.pt", "quick", f"{source} {sentence} float16, float32")
    torch.save(build_torch_model(QUICK, weights, torch.bfloat16).state_dict(), tmp_path / "a.pt")
    assert_refused(tmp_path / "a.pt", tmp_path / "b.keras", "quick", f"{tmp_path / 'a.pt'} {sentence} bfloat16")


def test_files_that_cannot_be_read_or_written_are_named(tmp_path: Path) -> None:
    sentences = [
        f"{tmp_path / 'none.pt'} cannot be read: No such file or directory",
        f"{tmp_path / 'no' / 'b.keras'} cannot be written: No such file or directory",
    ]
    with pytest.raises(FileNotFoundError, match=f"^{re.escape(sentences[0])}$"):
        convert(tmp_path / "none.pt", tmp_path / "b.keras", "quick")
    with pytest.raises(FileNotFoundError, match=f"^{re.escape(sentences[1])}$"):
        convert(source_of_torch(tmp_path), tmp_path / "no" / "b.keras", "quick")


def test_only_the_needed_frameworks_are_imported(tmp_path: Path) -> None:
    safetensors_of(tmp_path / "a.safetensors", QUICK)
    code = f"""
import sys
from pathlib import Path
from lrcore.cifar.models.conversion import convert
folder = Path({str(tmp_path)!r})
sys.modules["torch"] = None  # as if it were not installed
try:
    convert(folder / "a.safetensors", folder / "b.pt")
except ImportError as error:
    print(error)
del sys.modules["torch"]
for target in ("b.safetensors", "b.pt"):
    convert(folder / "a.safetensors", folder / target)
    print(*sorted({{"torch", "keras", "tensorflow"}} & sys.modules.keys()))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    reason = "import of torch halted; None in sys.modules"
    assert done.stdout == f"a .pt file needs a library ({reason}): pip install 'lrcore[torch]'\n\ntorch\n"
