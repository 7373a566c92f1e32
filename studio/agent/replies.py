# ruff: noqa: RUF001 - Chinese punctuation
"""What the agent says, in the vendor's manner: as if the reader sat before its web editor."""

from collections.abc import Sequence

from studio.director.edits import Edited, NotEdited
from studio.director.not_done import listed
from studio.director.operation import Said
from studio.draft import Draft, Role

QUESTION = {
    False: "What should the video show? Upload a picture, a clip, a sound or a link, or tell me the topic.",
    True: "视频要展示什么内容？请上传图片、视频、音频或链接，或者告诉我主题。",
}
_CAN = {
    False: (
        "I can change the length and the pace, the format, the title and other texts with their size, color "
        "and place, the music and its volume, the order of the scenes, and colors. "
        "What would you like me to do?"
    ),
    True: (
        "我可以修改时长和节奏、画幅、标题和文字（内容、大小、颜色、位置）、音乐和音量、镜头顺序以及颜色。您想怎么改？"
    ),
}
FAILED = "This could not be done, and no credits were taken. Try it in other words."


def generated(draft: Draft, not_done: Sequence[Said] = (), *, chinese: bool) -> str:
    """Describe what was made and, in a line of its own, what was requested and is missing."""
    missing = "\n" + listed(not_done, chinese=chinese) if not_done else ""
    seconds = f"{draft.duration / 1000:g}"
    title = next((caption.meta.text for caption in draft.captions if caption.meta.role is Role.TITLE), None)
    shots = len(draft.shots)
    if chinese:
        named = f"，标题为“{title}”" if title else ""
        return (
            f"您的 {seconds} 秒 {draft.canvas.aspect} 视频已完成，共 {shots} 个镜头{named}。"
            f"您可以在时间线中预览。点击“导出”按钮即可下载。{missing}"
        )
    named = f" It opens with the title “{title}”." if title else ""
    scenes = "one scene" if shots == 1 else f"{shots} scenes"
    return (
        f"Your {seconds}-second {draft.canvas.aspect} video is ready: {scenes}.{named} "
        f"You can preview it in the timeline. Click the Export button to download.{missing}"
    )


def edited(edited: Edited, *, chinese: bool) -> str:
    changes = [change.in_language(chinese=chinese) for change in edited.changes]
    not_done = listed(edited.refusals, chinese=chinese)
    if chinese:
        rest = [not_done] if not_done else []
        rest += [f"没有理解“{'”“'.join(edited.unclear)}”。"] if edited.unclear else []
        return "".join([f"已修改：{'；'.join(changes)}。", *rest, "点击“导出”按钮即可下载。"])
    rest = [not_done] if not_done else []
    rest += [f"I did not understand “{'” and “'.join(edited.unclear)}”."] if edited.unclear else []
    return " ".join([f"Done: {'; '.join(changes)}.", *rest, "Click the Export button to download."])


def not_edited(tried: NotEdited, *, chinese: bool) -> str:
    """A question: nothing was done."""
    reasons = [refusal.in_language(chinese=chinese) for refusal in tried.refusals]
    if chinese:
        return (f"无法修改：{'；'.join(reasons)}。" if reasons else "我不确定要修改什么。") + _CAN[True]
    why = f"That cannot be done: {'; '.join(reasons)}." if reasons else "I am not sure what to change."
    return f"{why} {_CAN[False]}"
