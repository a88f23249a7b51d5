"""All words of the storefront, Chinese and English, in one table."""

from collections.abc import Callable

Say = Callable[..., str]

WORDS: dict[str, tuple[str, str]] = {
    "home": ("为你", "For you"),
    "report": ("猜得准吗", "How right it is"),
    "skip": ("跳到正文", "Skip to content"),
    "language": ("语言", "Language"),
    "search": ("搜索", "Search"),
    "search_label": ("搜索商品", "Search products"),
    "search_hint": ("想找点什么？中文、英文都行", "What are you looking for? English or Chinese"),
    "welcome": ("掌柜认得每一件货，也记得每一位客人", "A shopkeeper who knows the shelves and remembers you"),
    "try": ("试一试", "Try"),
    "try_note": (
        "按意思找：用中文搜，也能找到英文商品；反过来也行。",
        "Search by meaning: a Chinese query finds English products, and the other way round.",
    ),
    "for_you": ("为你挑选", "Picked for you"),
    "for_you_new": ("新客人，先看看大家喜欢的", "New here? This is what others like"),
    "trending": ("大家正在买", "Trending now"),
    "recently": ("最近看过、买过", "Lately seen and bought"),
    "looking_as": ("以谁的眼光看店", "See the shop as"),
    "shopper": ("顾客 {id}", "Shopper {id}"),
    "you": ("我自己（新客人）", "Myself (new visitor)"),
    "new_visitor": ("重新做一位新客人", "Start as a new visitor"),
    "switch": ("切换", "Switch"),
    "because": ("理由：", "Why: "),
    "cart": ("加入购物车", "Add to cart"),
    "like": ("喜欢", "Like"),
    "dislike": ("不感兴趣", "Not interested"),
    "said_cart": ("已加入购物车", "Added to the cart"),
    "said_like": ("记下了：你喜欢它", "Noted: you like it"),
    "said_dislike": ("记下了：以后少推荐", "Noted: less of this from now on"),
    "said_failed": ("没有记下，请再试一次", "That was not noted, please try again"),
    "results": ("共 {total} 件商品", "{total} products"),
    "results_for": ("“{query}”的结果", "Results for “{query}”"),
    "all_products": ("全部商品", "All products"),
    "filters": ("筛选", "Filters"),
    "category": ("类目", "Category"),
    "brand": ("品牌", "Brand"),
    "price": ("价格", "Price"),
    "price_from": ("最低价", "From"),
    "price_to": ("最高价", "To"),
    "apply": ("确定", "Apply"),
    "in_stock": ("只看有货", "In stock only"),
    "more": ("更多", "More"),
    "clear": ("清除全部", "Clear all"),
    "remove": ("去掉筛选：{name}", "Remove filter: {name}"),
    "sort": ("排序", "Sort"),
    "sort_relevance": ("最相关", "Best match"),
    "sort_price_up": ("价格从低到高", "Price, low to high"),
    "sort_price_down": ("价格从高到低", "Price, high to low"),
    "sort_newest": ("最新", "Newest"),
    "pages": ("翻页", "Pages"),
    "page": ("第 {n} 页", "Page {n}"),
    "previous": ("上一页", "Previous"),
    "next": ("下一页", "Next"),
    "nothing": ("没有找到符合的商品", "Nothing matches"),
    "nothing_cure": ("换个说法，或去掉几个筛选试试。", "Try other words, or remove some filters."),
    "similar": ("相似的商品", "Similar products"),
    "bought_together": ("常常一起买", "Often bought together"),
    "details": ("商品详情", "Details"),
    "item_id": ("编号", "Id"),
    "stock": ("库存", "Stock"),
    "pieces": ("{n} 件", "{n} pieces"),
    "sold_out": ("暂时缺货", "Sold out"),
    "available": ("有货", "In stock"),
    "to_shop": ("去商家页面", "Open the seller's page"),
    "no_price": ("价格见店内", "Price in the shop"),
    "picture": ("{title} 的示意图", "Drawing that stands for {title}"),
    "photo": ("{title} 的图片", "Picture of {title}"),
    "meaning": ("语义索引 {percent}%", "Index of meanings {percent}%"),
    "meaning_note": (
        "按词搜索和推荐已经可用，按意思搜索正在就绪。",
        "Search by words and recommendation work already; search by meaning is getting ready.",
    ),
    "empty_title": ("货架还是空的", "The shelves are still empty"),
    "empty_text": (
        "导入商品后，这里马上可以搜索；再导入行为记录，就会开始推荐。",
        "Import products and they can be searched at once; import events and recommendation begins.",
    ),
    "empty_products": ("导入商品", "Import products"),
    "empty_events": ("导入行为记录", "Import events"),
    "empty_http": ("或者用 HTTP 写入（要先设写入密钥）", "Or send them over HTTP (after setting a write key)"),
    "error_title": ("这一页打不开", "This page cannot be shown"),
    "error_home": ("回到首页", "Back to the first page"),
    "error_404": ("没有这件商品，或没有这一页。", "There is no such product or page."),
    "error_400": ("网址里有看不懂的内容。", "The address holds something that cannot be understood."),
    "error_429": ("太快了，请歇一会儿再试。", "Too fast: please wait a moment and try again."),
    "error_other": ("掌柜一时答不上来，请稍后再试。", "The shopkeeper cannot answer now, please try again later."),
    "foot": ("由掌柜 Zhanggui 提供搜索与推荐", "Search and recommendation by 掌柜 Zhanggui"),
    "foot_api": ("接口说明", "API reference"),
    "report_title": ("掌柜猜得准吗？", "How often was the shopkeeper right?"),
    "report_none": ("还没有报告", "There is no report yet"),
    "report_none_text": (
        "演示（zhanggui demo）会在真实购买记录上考一考掌柜，把成绩放在这里。",
        "The demonstration (zhanggui demo) tests the shopkeeper on real purchases and leaves its marks here.",
    ),
    "report_how": (
        "只让掌柜看 {cut} 以前的购买记录，请它给 {households} 个家庭各挑 {k} 件商品；"
        "再看这些家庭之后 {days} 天真正买了什么。旁边是两种不用学就会的办法。",
        "The shopkeeper saw purchases before {cut} only and picked {k} products for each of {households} households; "
        "then we looked at what they really bought in the next {days} days. Beside it stand simpler ways to guess.",
    ),
    "report_headline": (
        "{percent} 的家庭，在掌柜挑的 {k} 件里至少真的买了一件。",
        "{percent} of the households really bought at least one of the {k} products picked for them.",
    ),
    "report_all": ("全部购买", "All purchases"),
    "report_new": ("只算以前没买过的商品", "Only products they had not bought before"),
    "report_chart": ("{metric}，细线是 95% 置信区间", "{metric}; thin lines are 95% confidence intervals"),
    "system": ("办法", "Way to guess"),
    "in_use": ("本店在用", "in use here"),
    "report_examples": ("几个家庭的例子", "Some households"),
    "household": ("家庭 {id}", "Household {id}"),
    "shown": ("掌柜挑的", "What was picked"),
    "bought": ("后来真的买的", "What they really bought"),
    "hit": ("猜中", "hit"),
    "hits": ("{shown} 件里猜中 {hits} 件", "{hits} of {shown} were right"),
    "and_more": ("还有 {n} 件", "and {n} more"),
    "as_household": ("以这个家庭的眼光看店", "See the shop as this household"),
    "metric_hr": ("至少猜中一件的家庭", "Households with at least one hit"),
    "metric_recall": ("买的东西里猜中的部分", "Share of what they bought that was picked"),
    "metric_precision": ("挑的东西里买了的部分", "Share of the picked that was bought"),
    "metric_ndcg": ("猜得准又排得前（NDCG）", "Right, and near the top (NDCG)"),
    "metric_mrr": ("第一个猜中的有多靠前（MRR）", "How early the first hit comes (MRR)"),
    "metric_map": ("平均准确率（MAP）", "Mean average precision (MAP)"),
    "metric_coverage": ("被推荐过的商品比例", "Share of the catalogue ever shown"),
    "system_popularity": ("大家都买的", "What everybody buys"),
    "system_frequency": ("他们一向买的", "What they always buy"),
    "system_pipeline": ("掌柜", "The shopkeeper"),
    "system_knn": ("买过同样东西的人（kNN）", "People who bought the same (kNN)"),
    "system_sequence_knn": ("先后关系（有向 kNN）", "What follows what (directed kNN)"),
    "system_zhanggui": ("掌柜", "The shopkeeper"),
    "system_habit": ("又到该买的时候（习惯）", "What is due again (habit)"),
    "system_bought_together": ("常一起买的", "What goes into one basket"),
    "system_factors": ("隐因子（矩阵分解）", "Latent factors"),
    "system_taste": ("所逛类别里的热门", "What is wanted in their categories"),
    "system_ease": ("线性模型（EASE）", "Linear model (EASE)"),
}

LANGUAGES = ("zh", "en")


def words_in(language: str) -> Say:
    """Return the function that says a word of the table in a language.

    >>> words_in("en")("results", total=3)
    '3 products'
    """
    column = LANGUAGES.index(language)

    def say(key: str, /, **values: object) -> str:
        return WORDS[key][column].format(**values)

    return say


def known_word(key: str, otherwise: str) -> str:
    """Return the key if the table has it, else the other one.

    >>> known_word("metric_speed", "report")
    'report'
    """
    return key if key in WORDS else otherwise
