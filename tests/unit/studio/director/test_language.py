import pytest

from studio.director.language import read_instruction
from studio.director.quotations import quotations
from studio.director.vocabulary import Aspect
from studio.draft import Style


@pytest.mark.parametrize(
    ("instruction", "aspect"),
    [
        ("Make a vertical video", Aspect.TALL),
        ("a TikTok about coffee", Aspect.TALL),
        ("9:16 please", Aspect.TALL),
        ("一个竖屏视频", Aspect.TALL),
        ("square teaser", Aspect.SQUARE),
        ("1:1", Aspect.SQUARE),
        ("16:9 for TikTok", Aspect.WIDE),
        ("a YouTube video", Aspect.WIDE),
        ("a video of Times Square", None),
        ('add the title "Vertical farms"', None),
        ("make a video", None),
    ],
)
def test_the_format_is_read_from_words_outside_quotes(instruction: str, aspect: Aspect | None) -> None:
    assert read_instruction(instruction).aspect is aspect


@pytest.mark.parametrize(
    ("instruction", "seconds"),
    [
        ("a 15 seconds video", 15),
        ("a 10-second teaser", 10),
        ("10s", 10),
        ("2.5 sec", 2.5),
        ("fifteen seconds", 15),
        ("15秒的视频", 15),
        ("half a minute", 30),
        ("1 minute", 60),
        ('title "60 seconds to go"', None),
        ("make a video", None),
    ],
)
def test_the_length_is_read_in_seconds(instruction: str, seconds: float | None) -> None:
    assert read_instruction(instruction).seconds == seconds


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ('title "Big news"', ("Big news",)),
        ("title 'Bob's shop'", ("Bob's shop",)),
        ("it's a video, isn't it", ()),
        ("标题“城市之梦”和「夜」", ("城市之梦", "夜")),
    ],
)
def test_quotations_survive_apostrophes(text: str, quoted: tuple[str, ...]) -> None:
    assert tuple(quotation.words for quotation in quotations(text)) == quoted


@pytest.mark.parametrize(
    ("instruction", "topic"),
    [
        ("Make a teaser for our spring sale with upbeat music", "Spring Sale"),
        ("a video about urban dreams", "Urban Dreams"),
        ("关于城市之梦的视频", "城市之梦"),
        ("make a video for TikTok", None),
        ("make a video of this page", None),
        ("make a video for me", None),
    ],
)
def test_the_topic_is_what_the_video_is_about(instruction: str, topic: str | None) -> None:
    assert read_instruction(instruction).topic == topic


def test_wishes_for_sound_and_titles() -> None:
    wish = read_instruction("Make it upbeat, without any music and no title")
    assert wish.without_music
    assert wish.without_title
    assert wish.style is Style.UPBEAT
    assert read_instruction("不要音乐").without_music
    assert not read_instruction("with music and a title").without_music


@pytest.mark.parametrize(
    ("instruction", "anew"),
    [
        ("Make a 10 second video", True),
        ("create me another teaser about tea", True),
        ("Start over", True),
        ("做一个竖屏视频", True),
        ("make the video shorter", False),
        ("make it vertical", False),
        ("把视频改成15秒", False),
    ],
)
def test_a_new_video_is_told_from_a_change_of_one(instruction: str, anew: bool) -> None:  # noqa: FBT001 - a table's column
    assert read_instruction(instruction).anew is anew


LISTED = """This was asked for so far, one after the other:
1. Make a 3 second video with the title 'Spring'
2. Change the title to 'Summer'
Do all of that, and then this:
Make the title bigger"""


@pytest.mark.parametrize(
    ("instruction", "edits"),
    [
        (LISTED, ("Change the title to 'Summer'", "Make the title bigger")),
        ("Step by step:\n1) A video about tea\n2) Without music", ("Without music",)),
        ("按以下步骤\n1、做一个视频\n2、去掉音乐", ("去掉音乐",)),
        ("Show its three points:\n1. Quick\n2. Quiet\n3. Cordless", ()),
        ("Make a video. 2. of May is the day", ()),
    ],
)
def test_numbered_steps(instruction: str, edits: tuple[str, ...]) -> None:
    assert read_instruction(instruction).edits == edits


def test_the_first_step_is_what_the_video_is_made_for() -> None:
    wish = read_instruction(LISTED)
    assert ([text.words for text in wish.texts], wish.seconds) == (["Spring"], 3)
