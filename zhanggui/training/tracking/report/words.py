"""What a report says, in Chinese and English."""

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "title": "训练报告",
        "steps": "步数",
        "took": "用时",
        "data": "数据区间",
        "last": "最后值",
        "learning": "学习曲线",
        "step": "步",
        "curves": "精确率—召回率",
        "recall": "召回率（横轴），精确率（纵轴）",
        "average": "平均精确率",
        "histograms": "分布",
        "shares": "取值（横轴），占比（纵轴）",
        "first": "第 {step} 步",
        "map": "向量投影",
        "share": "前两个主成分，占方差 {share}；共 {n} 个",
        "tables": "大小、速度与质量",
        "figures": "指标",
        "figure": "指标",
        "start": "首值",
        "lowest": "最低（步）",
        "highest": "最高（步）",
        "settings": "设置",
        "setting": "名称",
        "value": "取值",
        "nothing": "尚无指标。",
        "torn": "有 {torn} 行记录残缺，{lost} 个数组缺失；报告未含这些。",
        "minutes": "分",
        "seconds": "秒",
        "hours": "小时",
    },
    "en": {
        "title": "Training report",
        "steps": "steps",
        "took": "took",
        "data": "data",
        "last": "last",
        "learning": "Learning curves",
        "step": "step",
        "curves": "Precision and recall",
        "recall": "recall across, precision up",
        "average": "average precision",
        "histograms": "Distributions",
        "shares": "value across, share up",
        "first": "step {step}",
        "map": "Projected vectors",
        "share": "first two principal components, {share} of the variance; {n} in all",
        "tables": "Size, speed and quality",
        "figures": "Figures",
        "figure": "figure",
        "start": "first",
        "lowest": "lowest (step)",
        "highest": "highest (step)",
        "settings": "Settings",
        "setting": "name",
        "value": "value",
        "nothing": "No figures yet.",
        "torn": "{torn} torn lines and {lost} missing arrays are not in this report.",
        "minutes": "min",
        "seconds": "s",
        "hours": "h",
    },
}


def duration(milliseconds: int, words: Mapping[str, str]) -> str:
    """Write how long something took.

    >>> [duration(1000 * seconds, WORDS["en"]) for seconds in (7, 131, 7300)]
    ['7 s', '2 min 11 s', '2 h 1 min']
    """
    seconds = milliseconds // 1000
    if seconds < 60:
        return f"{seconds} {words['seconds']}"
    if seconds < 3600:
        return f"{seconds // 60} {words['minutes']} {seconds % 60} {words['seconds']}"
    return f"{seconds // 3600} {words['hours']} {seconds % 3600 // 60} {words['minutes']}"
