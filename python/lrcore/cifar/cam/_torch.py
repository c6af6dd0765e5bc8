"""Gradient of class scores with respect to a layer's output, by torch.autograd."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from lrcore.cifar.cam.features import Run, check_logits


def score_gradients(
    run: Run, layer: str, classes: npt.NDArray[np.int64]
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The features that `layer` gives, `d sum_i logits[i, classes[i]] / d features`, and the logits.

    The graph begins at the layer, so that no parameter has a part in it. It is made also inside `no_grad` and
    `inference_mode`.
    """
    features = torch.empty(0)

    def hook(output: torch.Tensor) -> torch.Tensor:
        nonlocal features
        features = output.detach().requires_grad_()
        return features.clone()  # which the next layer may overwrite

    with torch.inference_mode(False), torch.enable_grad():
        logits = run({layer: hook})
        check_logits(tuple(logits.shape), classes)
        score = logits.gather(1, torch.from_numpy(classes).to(logits.device)[:, None]).sum()
        score = score + torch.zeros((), requires_grad=True)  # differentiable also if nothing of the layer is in it
        (gradients,) = torch.autograd.grad(score, features, allow_unused=True, materialize_grads=True)
    return features.detach(), gradients, logits.detach()
