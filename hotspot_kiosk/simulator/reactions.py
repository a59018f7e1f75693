"""How long people take before a machine, and what they do wrong: the model behind `bench session`.

Nobody was timed for it. Times of movements are those of methods-time measurement (MTM-1), those of reading and
listening are the literature's; what is an assumption says so. A field trial replaces it, nothing else does.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

TMU_S = 0.036  # the unit of methods-time measurement
UNTRAINED = 1.5  # assumed: MTM times are a trained worker's; people meet this machine for the first time
READS, LISTENS = 238 / 60, 150 / 60  # words a second: silent reading (Brysbaert 2019); ordinary speech


@dataclass(frozen=True, slots=True)
class Delay:
    """Seconds, log-normal, as times of reaction are: right of the median there is more room than left.

    spread: standard deviation of the logarithm; 0.35 (assumed) means that one in ten takes 1.6 times the median.
    """

    median_s: float
    spread: float = 0.35

    def draw(self, chance: random.Random, pace: float = 1.0) -> float:
        """One. pace: of this person, 1 for the median one."""
        return pace * self.median_s * math.exp(chance.gauss(0, self.spread))


def movement(tmu: float, practice: float = UNTRAINED) -> Delay:
    """A movement that takes a trained worker so many units."""
    return Delay(practice * tmu * TMU_S)


@dataclass(frozen=True, slots=True)
class Reactions:
    """What takes how long, and how often what goes wrong, in one kind of encounter.

    notices: until a change on the screen, a tone or the sensor's light is seen. chooses: the own language among
    thirteen. listeners: share of people who have the words said to them. most_words: of an instruction that somebody
    beside them gives; again: words that are new in an instruction of a kind that was followed before (which finger); 0 where the page's own words are taken in whole. misplaces: share of touches that
    lie far off and lightly. same_again: share of touches with the finger that was given before. far: share of people
    who stand too far away at first. paces: how far people's speeds differ (spread of the logarithm).
    """

    listeners: float
    most_words: int
    again: int
    misplaces: float
    same_again: float
    far: float
    paces: float = 0.25
    notices: Delay = Delay(0.35)  # simple reaction 0.25 s and a look there
    chooses: Delay = Delay(3.0, 0.5)  # assumed
    button: Delay = Delay(UNTRAINED * 20 * TMU_S)  # reach 40 cm (15.6), touch
    turns: Delay = Delay(
        UNTRAINED * 28 * TMU_S
    )  # the body by 45 to 90 degrees: 18.6; with the second leg 37.2
    steps: Delay = Delay(UNTRAINED * 30 * TMU_S)  # two
    reaches: Delay = Delay(UNTRAINED * 32 * TMU_S)  # reach 40 cm, place closely (16.2)
    swaps: Delay = Delay(UNTRAINED * 22 * TMU_S)  # another finger of a hand that is there already
    lifts: Delay = Delay(UNTRAINED * 6 * TMU_S)

    def pace(self, chance: random.Random) -> float:
        """How slow one person is."""
        return math.exp(chance.gauss(0, self.paces))

    def takes_in(self, words: int, listens: bool, chance: random.Random, pace: float) -> float:
        """Seconds until an instruction is understood, from when it was noticed."""
        count = min(words, self.most_words) if self.most_words else words
        return Delay(count / (LISTENS if listens else READS), 0.2).draw(chance, pace)


# misplaces: of slaps of four fingers that people give by themselves 67.5 to 68.4 of 100 are accepted, under
# guidance 55 to 63 (NIST, study of self-capture); of single fingers then 1 - 0.675 ** 0.25 = 0.09 and 0.12 are not.
# An officer points and says three words ("Look here, please"), and stands beside the camera, so that the head and one
# leg turn, not both.
ALONE = Reactions(listeners=0.3, most_words=0, again=3, misplaces=0.09, same_again=0.02, far=0.15)
ATTENDED = Reactions(
    listeners=1.0, most_words=3, again=3, misplaces=0.12, same_again=0.0, far=0.05, turns=movement(18.6)
)
TRAINED = movement(20, practice=1.0)  # an officer's touch of a button
