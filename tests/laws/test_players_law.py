"""The checker holds games to the players' law: names, weights and gradients of each player are its own."""

import broken_players
import pytest

from selftaught.testing import LawBroken, check_method

CAUGHT = {
    broken_players.MakerMovesTheCritic: r"another loss than critic's own moves \['encoder.*'head.bias'\]",
    broken_players.CriticMovesTheMaker: r"another loss than maker's own moves \['maker.0.weight', 'maker.0.bias'\]",
    broken_players.MakerMovesTheCriticsHead: r"another loss than critic's own moves \['head.weight', 'head.bias'\]",
    broken_players.LossesHaveOtherNames: r"players are \['critic', 'maker'\] and losses \['maker', 'real_or_fake'\]",
    broken_players.OneLossForBoth: "expected one loss for each player",
    broken_players.HeadOfNobody: r"no player holds \['head.weight', 'head.bias'\]",
    broken_players.HeadOfBoth: r"players hold \['head.weight', 'head.bias'\] more than once",
    broken_players.FrozenWeightOfAPlayer: "a player holds a weight that is not trainable",
}


def test_a_sound_game_keeps_every_law():
    check_method(broken_players.SoundGame)


@pytest.mark.parametrize("game", CAUGHT, ids=lambda game: game.__name__)
def test_a_game_that_breaks_the_law_is_caught(game):
    with pytest.raises(LawBroken, match=CAUGHT[game]):
        check_method(game, processes=1, exempt=["fixed"])
