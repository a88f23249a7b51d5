"""Recommenders by name; a plug-in joins by the entry-point group `zhanggui.model`."""

from zhanggui.core.protocols import Recommender
from zhanggui.core.registry import Registry
from zhanggui.models.basket_knn import BasketKnn
from zhanggui.models.ease import Ease
from zhanggui.models.factors import Factors
from zhanggui.models.frequency import PersonalFrequency
from zhanggui.models.habit import Habit
from zhanggui.models.item_knn import ItemKnn
from zhanggui.models.popularity import Popularity
from zhanggui.models.sequence_knn import SequenceKnn
from zhanggui.models.taste import Taste

MODELS: Registry[Recommender] = Registry("model")

for _model in (Popularity, PersonalFrequency, Habit, ItemKnn, SequenceKnn, BasketKnn, Ease, Factors, Taste):
    MODELS.add(_model.name)(_model)
