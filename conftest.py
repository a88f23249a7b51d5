"""Without torch (extra [train]) the modules that fine-tune cannot be imported, nor their doctests collected."""

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("torch") else ["zhanggui/training/language/*"]
