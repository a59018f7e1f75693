"""Fusion weights by logistic regression, for calibration scripts and for folds that never see what they report."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
PENALTY = 1.0
STEPS = 40


@dataclass(frozen=True)
class Weights:
    """Score = measures @ weights + bias."""

    weights: Floats
    bias: float

    def score(self, measures: Floats) -> Floats:
        """Score of every row."""
        return np.asarray(measures @ self.weights + self.bias)


def fit(measures: Floats, mated: NDArray[np.bool_], penalty: float = PENALTY) -> Weights:
    """Logistic regression with a ridge penalty on standardised measures (n, m), both classes weighing the same."""
    middle, spread = measures.mean(axis=0), measures.std(axis=0) + 1e-9
    columns = np.column_stack([(measures - middle) / spread, np.ones(len(mated))])
    found = logistic(columns, mated, np.diag([penalty] * measures.shape[1] + [0.0]))
    weights = found[:-1] / spread
    return Weights(weights, float(found[-1] - weights @ middle))


def logistic(columns: Floats, mated: NDArray[np.bool_], penalty: Floats) -> Floats:
    """Newton's method; 40 steps are far more than it needs."""
    share = mated.mean()
    weight = np.where(mated, 0.5 / share, 0.5 / (1 - share))
    found = np.zeros(columns.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(columns @ found, -30, 30)))
        slope = columns.T @ (weight * (mated - chance)) - penalty @ found
        curve = (columns * (weight * chance * (1 - chance))[:, None]).T @ columns + penalty
        found += np.linalg.solve(curve, slope)
    return found
