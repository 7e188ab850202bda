"""Numbers only: one short file for each tried set of settings, opening with cost, machine, target and date.

Nothing here imports torch, so that the command line can list recipes at once.
"""

from selftaught.recipes.recipe import Recipe, find_recipe, recipe_names

__all__ = ["Recipe", "find_recipe", "recipe_names"]
