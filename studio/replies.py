# ruff: noqa: RUF001 - Chinese punctuation
"""What the agent says, in the vendor's manner: as if the reader sat before its web editor."""

from collections.abc import Sequence

from studio.draft import Draft, Role

QUESTION = {
    False: "What should the video show? Upload a picture, a clip, a sound or a link, or tell me the topic.",
    True: "视频要展示什么内容？请上传图片、视频、音频或链接，或者告诉我主题。",
}
NOT_UNDERSTOOD = {
    False: (
        "I am not sure what to change. I can change the length, the format, the title, its size and "
        "colour, and the music. What would you like me to do?"
    ),
    True: "我不确定要修改什么。可以修改时长、画幅、标题及其大小和颜色、音乐。您想怎么改？",
}
FAILED = "This could not be done, and no credits were taken. Try it in other words."
STARTING = {False: "Let me put that together for you.", True: "好的，我来为您制作。"}


def generated(draft: Draft, *, chinese: bool) -> str:
    seconds = f"{draft.duration / 1000:g}"
    title = next((caption.meta.text for caption in draft.captions if caption.meta.role is Role.TITLE), None)
    shots = len(draft.shots)
    if chinese:
        named = f"，标题为“{title}”" if title else ""
        return (
            f"您的 {seconds} 秒 {draft.canvas.aspect} 视频已完成，共 {shots} 个镜头{named}。"
            "您可以在时间线中预览。点击“导出”按钮即可下载。"
        )
    named = f" It opens with the title “{title}”." if title else ""
    scenes = "one scene" if shots == 1 else f"{shots} scenes"
    return (
        f"Your {seconds}-second {draft.canvas.aspect} video is ready: {scenes}.{named} "
        "You can preview it in the timeline. Click the Export button to download."
    )


def edited(changes: Sequence[str], *, chinese: bool) -> str:
    told = "; ".join(changes)
    if chinese:
        return f"已修改：{told}。点击“导出”按钮即可下载。"
    return f"Done: {told}. Click the Export button to download."
