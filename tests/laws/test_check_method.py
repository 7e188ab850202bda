"""The checker catches, for each law, methods that break it, and says what broke."""

import broken_answers
import broken_steps
import pytest
import torch
from sound_method import Sound

from selftaught.core import MultiView, UserError
from selftaught.testing import ExampleEncoder, LawBroken, check_method

CAUGHT = {
    broken_steps.EnqueuesInStep: r"step changed \['queue.rows', 'queue.next'\]",
    broken_steps.DrawsInStep: "two losses for the same views",
    broken_steps.CountsCalls: "two losses for the same views",
    broken_steps.WritesIntoViews: "step wrote into its views",
    broken_steps.RemembersGraph: r"step handed out \['key'\] with a gradient",
    broken_steps.SwitchesMode: "step changed the mode",
    broken_steps.DecaysWeights: r"after_step changed \['projector.0.weight'\]",
    broken_steps.AveragesItsOwnStatistics: r"after_step changed \['encoder.network.1.running_mean'\]",
    broken_steps.ForgetsTheTeacher: "after_step left .*'teacher.network.0.* no teacher follows",
    broken_steps.ForgetsTheTeachersHead: r"after_step left \['teacher.network.1.*no teacher follows",
    broken_steps.TrainsTheTeacher: "after_step changed .*'teacher.network",
    broken_steps.MovesNothing: "after_step moved nothing",
    broken_steps.CutsTheEncoderOff: r"no gradient reaches \['encoder",
    broken_steps.HoldsASpareLayer: r"no gradient reaches \['spare.weight', 'spare.bias'\]",
    broken_steps.MultipliesByZero: r"gradient of \['spare.weight', 'spare.bias'\] is zero",
    broken_steps.ForgetsToFreeze: r"no gradient reaches \['teacher.*requires_grad_\(False\)",
    broken_answers.WeighsByPosition: "depends on the order of the items",
    broken_answers.KeepsStateInAnAttribute: "after a reload the loss is .*not in state_dict",
    broken_answers.KeepsAQueueOutOfTheState: "after a reload the loss is .*not in state_dict",
    broken_answers.PicklesObjects: "the state holds more than tensors",
    broken_answers.RegistersTwice: r"several names: .*\['encoder.network.0.weight', 'backbone.network.0.weight'\]",
    broken_answers.NeedsFloat32: "in float64, step or energy fails",
    broken_answers.NarrowsTheLoss: r"in float64, the loss nt_xent is torch.float32",
    broken_answers.StaysInBfloat16: "in bfloat16 autocast, the loss extra is torch.bfloat16",
    broken_answers.Overflows: "in float32, the loss extra is not finite",
    broken_answers.TakesAnyViews: "step took one view of each item and did not refuse",
    broken_answers.IndexesViews: "energy met one view with IndexError",
    broken_answers.AveragesEnergy: r"energy has shape \(\), expected \(16,\)",
    broken_answers.CentresEnergy: "depends on the other items",
    broken_answers.EnqueuesInEnergy: "energy changed .*queue.rows",
    broken_answers.TrainsInEnergy: "energy changed the mode",
    broken_answers.FeelsOneViewOnly: "does not feel a mismatch: 'another item'",
    broken_answers.ForgetsAGroup: r"no parameter group holds \['projector",
    broken_answers.GroupsTwice: r"hold \['projector.* more than once",
    broken_answers.GroupsTheTeacher: "holds a weight that is not trainable",
}
CAUGHT_IN_PROCESSES = {
    broken_answers.SeesItsOwnProcessOnly: "the loss is .* in 2 processes and .* in one",
    broken_answers.GathersWithoutGradient: r"the gradient of .* is \d+% off",
    broken_answers.EnqueuesItsOwnKeysOnly: "after_step leaves another queue.rows in process 1",
}


def test_a_sound_method_keeps_every_law():
    check_method(Sound)


def test_an_instance_is_checked_and_left_as_it_was():
    torch.manual_seed(0)
    method = Sound(ExampleEncoder())
    before = {name: tensor.clone() for name, tensor in method.state_dict().items()}
    check_method(method, processes=1)
    assert all(torch.equal(tensor, before[name]) for name, tensor in method.state_dict().items())
    assert all(weight.grad is None for weight in method.parameters())


@pytest.mark.parametrize("method", CAUGHT, ids=lambda method: method.__name__)
def test_a_broken_law_is_caught(method):
    with pytest.raises(LawBroken, match=CAUGHT[method]):
        check_method(method, processes=1)


@pytest.mark.parametrize("method", CAUGHT_IN_PROCESSES, ids=lambda method: method.__name__)
def test_a_method_that_several_processes_change_is_caught(method):
    check_method(method, processes=1)
    with pytest.raises(LawBroken, match=CAUGHT_IN_PROCESSES[method]):
        check_method(method)


def test_an_instance_that_keeps_state_in_an_attribute_is_caught_too():
    torch.manual_seed(0)
    with pytest.raises(LawBroken, match="not in state_dict"):
        check_method(broken_answers.KeepsStateInAnAttribute(ExampleEncoder()), processes=1)


def test_a_method_may_say_that_order_matters():
    class Says(broken_answers.WeighsByPosition):
        item_order_matters = True

    check_method(Says, processes=1)


def test_frozen_weights_can_be_named():
    with pytest.raises(LawBroken, match="spare"):
        check_method(broken_steps.HoldsASpareLayer, exempt=["spar"], processes=1)
    check_method(broken_steps.HoldsASpareLayer, exempt=["spare"], processes=1)


def test_the_callers_views_are_used():
    views = MultiView(torch.arange(4), (torch.zeros(4, 3, 8, 8),))
    with pytest.raises(UserError, match="expected exactly 2 views of every item, got 1"):
        check_method(Sound, views=views, processes=1)
    with pytest.raises(UserError, match="4 items that divide over 3 processes, got 4"):
        check_method(Sound, views=views, processes=3)


def test_a_class_that_no_other_process_can_import_is_refused():
    class Local(Sound):
        pass

    with pytest.raises(UserError, match="top of a module"):
        check_method(Local)


def test_the_global_generator_is_left_alone():
    state = torch.get_rng_state()
    check_method(Sound, processes=1)
    assert torch.equal(torch.get_rng_state(), state)
