"""Blocks of examples as one, and some examples of a block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flowrun.schemas.late import np
from flowrun.schemas.ports import Examples

if TYPE_CHECKING:
    from numpy.typing import NDArray


def joined(blocks: Sequence[Examples]) -> Examples:
    """Return the examples of all blocks, at least one, as one block; shorter sequences are padded with zeros."""
    if len(blocks) == 1:
        return blocks[0]
    frames = max(block.features.shape[1] for block in blocks)
    return replace(
        blocks[-1],
        features=np.concatenate([padded(block.features, frames) for block in blocks]),
        lengths=np.concatenate([block.lengths for block in blocks]),
        targets=np.concatenate([block.targets for block in blocks]),
        ids=np.concatenate([block.ids for block in blocks]),
        groups=np.concatenate(groups) if (groups := [b.groups for b in blocks if b.groups is not None]) else None,
    )


def padded(features: NDArray[Any], frames: int) -> NDArray[Any]:
    """Return features of shape (examples, *frames*, dims): zeros are added at the end."""
    missing = frames - features.shape[1]
    return np.pad(features, ((0, 0), (0, missing), (0, 0))) if missing else features


def chosen(block: Examples, which: NDArray[np.integer[Any]]) -> Examples:
    """Return the examples of *block* with these numbers; frames that none of them has are left out."""
    lengths = block.lengths[which]
    frames = int(lengths.max(initial=1))
    features = block.features[which] if frames == block.features.shape[1] else block.features[which, :frames]
    groups = None if block.groups is None else block.groups[which]
    return replace(
        block, features=features, lengths=lengths, targets=block.targets[which], ids=block.ids[which], groups=groups
    )
