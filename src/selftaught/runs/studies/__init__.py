"""Several runs that are one question: their folder, what is left to do of them, and the leaderboard that they make."""

from selftaught.runs.studies.contender import Contender, written
from selftaught.runs.studies.finishing import finish_study
from selftaught.runs.studies.leaderboard import gather
from selftaught.runs.studies.running import run_study
from selftaught.runs.studies.study import Study, StudyRun, asked_of_evaluation, read_part

__all__ = [
    "Contender",
    "Study",
    "StudyRun",
    "asked_of_evaluation",
    "finish_study",
    "gather",
    "read_part",
    "run_study",
    "written",
]
