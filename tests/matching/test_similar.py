"""Names and memos, Chinese first of all."""

from services.reconciler.matching.similar import likeness, most_alike, normal_name


def test_width_case_and_company_suffixes_make_no_difference():
    assert normal_name("上海水务（集团）有限公司") == normal_name("上海水务(集团)有限公司")
    assert likeness("\uff21\uff23\uff2d\uff25 Co., Ltd", "acme") == 10_000
    assert likeness("上海水务有限公司", "上海水务") == 10_000


def test_a_name_that_is_only_a_suffix_keeps_it():
    assert normal_name("有限公司") == "有限公司"


def test_one_chinese_character_counts_as_one_and_not_as_its_three_bytes():
    assert likeness("北京燃气", "北京热气") == 7_500
    assert likeness("中", "国") == 0


def test_words_may_stand_the_other_way_round():
    assert likeness("张三 水费", "水费 张三") == 10_000


def test_nothing_is_like_an_empty_text():
    assert likeness("", "") == 0
    assert likeness("——", "——") == 0


def test_the_most_alike_come_first_and_equal_ones_in_order_of_their_ids():
    others = {"b": "上海水务", "a": "上海水务公司", "c": "上海水业", "d": "广州燃气"}

    assert most_alike("上海水务有限公司", others, least=5_000) == [("a", 10_000), ("b", 10_000), ("c", 7_500)]
    assert most_alike("上海水务有限公司", others, least=5_000, most=1) == [("a", 10_000)]
