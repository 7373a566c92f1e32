"""What the backend says for a GUI that is not there (table of the vendor skill document).

The agent believes that its listener sits in front of a video editor. What tells a person to use one is taken
out, and becomes an action of ours; what describes the video stays word for word. A verb alone does not make
an instruction. It has to stand where a command stands ("click the title", "you can click the title", not
"a man clicks the title") and have an object that a GUI has ("open the media panel", not "open the door").
Text in quotation marks is content.

A language is a `Grammar`.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from backend.quotations import quotations


class GuiAction(StrEnum):
    """What to do in place of the person."""

    CLICK = "click"
    """Carry it out over the API."""
    OPEN = "open"
    """Read the session state."""
    DRAG = "drag"
    """Send the edit to the agent."""
    PREVIEW = "preview"
    """Show the track summary."""
    EXPORT = "export"
    """Run the export."""
    ACCOUNT = "account"
    """Read the credits."""


@dataclass(frozen=True)
class Translation:
    """What a person may read (possibly nothing), and what to do, each action once, in the order said."""

    text: str
    actions: tuple[GuiAction, ...]


def translate(text: str, *, track_summary: str = "") -> Translation:
    """Take the instructions for a GUI out of `text`; `track_summary` stands in for the first "preview it"."""
    lines: list[str] = []
    actions: list[GuiAction] = []
    for line in text.split("\n"):
        kept = ""
        for sentence in _sentences(line):
            rest, wanted = _without_instructions(sentence)
            kept += rest
            if track_summary and GuiAction.PREVIEW in wanted and GuiAction.PREVIEW not in actions:
                kept = f"{kept.rstrip()} {track_summary} ".lstrip()
            actions += wanted
        if kept == line or not _EMPTY.fullmatch(kept):
            lines.append(kept.rstrip())
    return Translation("\n".join(lines).strip(), tuple(dict.fromkeys(actions)))


@dataclass(frozen=True)
class Grammar:
    """How a language gives instructions. All but `actions` are matched with the quotations blotted out."""

    instruction: re.Pattern[str]
    """From where an instruction starts to its object; the rest of the sentence goes with it."""
    address: re.Pattern[str]
    """What shows that a sentence speaks to the person, when the instruction comes late in it."""
    dependent: re.Pattern[str]
    """What says nothing without the instruction it leads to: "To save it, ..."."""
    dangling: re.Pattern[str]
    """The last piece of what is left before an instruction that was taken out: "..., and"."""
    actions: tuple[tuple[re.Pattern[str], GuiAction], ...]
    """What an instruction is about, the first that fits; a click if none does."""


def _pattern(verbose: str) -> re.Pattern[str]:
    return re.compile(verbose, re.VERBOSE | re.IGNORECASE)


def _any(words: str) -> str:
    """One of the words; an underscore stands for a space."""
    return f"(?:{'|'.join(words.split())})".replace("_", r"\s")


_BLOT: Final = "\ue000"
"""Stands for each letter of a quotation."""
_ITEM: Final = r"^[\s>\#•✅👉-]*+(?:\d+[.)、]\s*+)?+"
"""Where a sentence or an item of a list starts."""

_PART: Final = _any("""
    buttons? panels? menus? tabs? side_?bar tool_?bar drop-?down slider icons? dialog pop-?up editor
    timeline workspace settings inspector library dashboard playhead canvas browser app preview_window
    (?:export|download|settings|projects?)_page
""")
_USE: Final = _any("""
    open select choose pick use adjust move find see look check go head navigate switch return visit
    access locate close expand refer view play watch review scrub resize trim save upload import take
""")
_LOOK_UP: Final = _any("check visit see review open view manage go_to log_?in sign_?in update upgrade")
_BEFORE_YOU: Final = _any("""
    for if when once as after before whenever where that which while until unless so because
""")
_MODAL: Final = _any("can will may might could should must would have need want wish just simply")
_LEAD_IN: Final = _any("""
    now also then next first finally afterwards again simply just please kindly always directly easily
    either need have want like wish able be to try feel free go_ahead and or so but remember make_sure
    don't_forget let's step_\\d+ tip note
""")
_DETERMINER: Final = _any("the your this that these those it its them any each an? more some")
_NAME: Final = rf"(?: (?-i:[A-Z]) | {_BLOT} )"
_NAMES_A_TEXT: Final = (
    "title",
    "text",
    "caption",
    "subtitle",
    "headline",
    "overlay",
    "button",
    "reads",
    "says",
)
_NOT_A_TEXT: Final = "".join(rf"(?<!\b{word})" for word in _NAMES_A_TEXT)
_PLACE: Final = _any("left right top bottom corner above below interface screen editor here")

_ENGLISH: Final = Grammar(
    instruction=_pattern(rf"""
        # where it starts: a sentence; a clause, but not "Title: Click here"; "you"
        (?: {_ITEM}
          | {_NOT_A_TEXT} [,;:(]\s*
          | \s-\s+
          | \b(?: and|or|then|so|but )\s+
          | \b(?: {_BEFORE_YOU}\s+ )? (?= you\b )
          | \bby\s+ (?= clicking|tapping|dragging )
        )
        # what may come before its verb
        (?: (?: you(?: 'll | 'd | \s{_MODAL}\b )? | {_LEAD_IN} )\b [:,]?\s* ){{0,8}}
        # its verb and object
        (?: (?: (?: right|left|double|single )-?\s? )? (?: click|clicking|tap|tapping )\s+
            (?: {_NAME} | (?: {_DETERMINER}|on|below|above|here|once|and|to|export|download|save|play )\b )
          | (?: press|hit|push|toggle )\s+
            (?: (?: the\s+ )? (?: {_NAME} | (?: space|enter|return|ctrl|cmd|shift|play|export )\b )
              | [^,;]{{0,120}}? \b{_PART}\b )
          | (?: drag|dragging )\s+
            (?: {_NAME} | & | (?: {_DETERMINER}|and|clips?|files?|media|photos?|footage|tracks? )\b )
          | drop\s+ {_DETERMINER}\b [^,;]{{0,120}}? \b(?: in|into|onto|on )\b
          | scroll\s+ (?: up|down|to|through )\b
          | hover\s+over\b
          | {_USE}\b [^,;]{{0,120}}? \b{_PART}\b
          | preview\s+ (?: {_DETERMINER}|in|how|what|everything|and|now|or|before|changes )\b
          | (?: export|download|render )\s+
            (?: {_DETERMINER}|in|as|from|now|when|and|or|via|using|anytime|to )\b
          | (?: export|download ) (?= [\s.!]*$ )
          | {_LOOK_UP}\s [^,;]{{0,120}}?
            \b(?: (?: your|the )\s+ (?: \w+\s+ )? (?: account|plan|subscription|credits? ) | billing )\b
          | (?: top\s?up|recharge|buy|purchase )\s [^,;]{{0,120}}? \bcredits?\b
          | (?: ready|want|wish|like )\s+to\s+ (?: export|download|preview )\b
          # no verb, but a place in a GUI
          | {_DETERMINER}\s+preview\s (?: is|can )\b [^,;]{{0,120}}? \btimeline\b
          | (?: the|your )\s+ {_BLOT}{{0,60}} (?: export|download )? {_BLOT}{{0,60}} \s* {_PART}
            \s (?: is|are|can\sbe|on|in|at )\s [^,;]{{0,120}}? \b{_PLACE}\b
          | (?: it | (?: the|your )\s+ (?: \w+\s+ ){{1,3}} )\s* can\s (?: now\s )? be\s
            (?: exported|downloaded|previewed|found|opened|accessed|viewed )\b
            [^,;]{{0,120}}? \b(?: {_PART} | clicking|tapping|dragging|opening )\b
        )
    """),
    address=_pattern(r"""
        \b(?: i|i'm|i've|i'll|we|we've|you|your|you'll|please|let's|ready|done|finished|complete|it's )\b
    """),
    dependent=_pattern(rf"""
        {_ITEM} (?: (?: and|now )\s+ )?
        (?: in|on|at|from|under|otherwise|alternatively|{_BEFORE_YOU}|{_LEAD_IN} )\b
        [^,;:]*+ (?: [,:]\s*+ )?
    """),
    dangling=_pattern(r"(?: [\s,;:(-] | \b(?: and|or|so|then|but|which|where|that ) ) \Z"),
    actions=(
        (_pattern(rf"\bdrag | \bdrop\s {_DETERMINER}\b"), GuiAction.DRAG),
        (
            _pattern(
                r"\bpreview | \bplay\b | \b(?: watch|review|see|view|look|scrub|check|open )\b .* \btimeline"
            ),
            GuiAction.PREVIEW,
        ),
        (_pattern(r"\b(?: account|billing|subscription|plan|credits? )\b"), GuiAction.ACCOUNT),
        (_pattern(r"export | download | \brender\b"), GuiAction.EXPORT),
        (
            _pattern(
                r"\b(?: open|find|see|look|go|head|navigate|switch|return|visit|access|locate|expand|view )\b"
                r"| \b(?: check|scroll|hover )\b | \b(?: panel|side\s?bar|tool\s?bar )\s (?: is|on|in|at )\b"
            ),
            GuiAction.OPEN,
        ),
    ),
)

_CHINESE_PART: Final = _any("""
    按钮 按鈕 面板 菜单 菜單 选项卡 标签页 侧边栏 侧栏 工具栏 工具列 下拉 滑块 图标 对话框 弹窗 编辑器
    编辑界面 时间线 时间轴 時間軸 時間線 工作区 设置 設置 素材库 媒体库 界面 页面 頁面 控制台 播放头
    预览窗口 浏览器 轨道区
""")
_CHINESE_USE: Final = _any("""
    打开 打開 进入 進入 前往 切换到 切换至 返回 回到 展开 关闭 找到 选择 选中 使用 调整 查看 查阅 访问
    播放 上传 导入
""")
_CHINESE_POINT: Final = _any("""
    点击 點擊 单击 單擊 双击 右键 右击 轻点 轻触 点按 点选 按下 长按 点这里 点此 点一下
""")
_CHINESE_LEAD_IN: Final = _any("""
    您 你 请 請 可以 可 也 还 就 现在 然后 接着 随后 再 并 或者 或 只需要? 需要? 直接 建议 记得 尝试 试着
    先 能够 能 随时 想要 要 即可 最后 接下来 如果 如 若 想 进一步 通过 自行 完成后 满意后 确认后 生成后
    之后 手动 随意
""")
_CHINESE_DRAGGED: Final = _any(f"""
    片段 素材 视频 視頻 文件 图片 照片 它 到 至 轨道 音频 标题 滑块 进度条 时间 边缘 播放 左 右 即可 和 来
    以 这 该 {_BLOT} [,。!;] $
""")
_CHINESE_RESULT: Final = _any(f"""
    视频 視頻 影片 成片 成品 文件 结果 效果 最终 整体 高清 修改 更改 mp4 它 这 该 您 你 一下 吧 即可 为 到
    来 并 或 和 后 按钮(?:在|位于|就在) {_BLOT} [,。!;] $
""")
_CHINESE_ACCOUNT: Final = _any("账户 账号 帐户 帳戶 账单 賬單 订阅 套餐 余额 积分 充值")
_CHINESE_NAMES_A_TEXT: Final = ("标题", "標題", "字幕", "文字", "文案", "按钮", "写着", "显示", "写道")
_CHINESE_NOT_A_TEXT: Final = "".join(f"(?<!{word})" for word in _CHINESE_NAMES_A_TEXT)

_CHINESE: Final = Grammar(
    instruction=_pattern(rf"""
        (?: {_ITEM}
          | {_CHINESE_NOT_A_TEXT} [,;:、(]\s*
          | (?= (?: 您|你 )(?: 现在|还|也|就 )?(?: 可以|可|需|只 ) )
          | (?= 请(?! 求|客|柬|问 ) )
        )
        (?: {_CHINESE_LEAD_IN}
          | \s
          | (?> (?: 在|从|到|于|用|使用|通过|将|把 ) [^,。;!?]{{1,16}}?
            (?= [点點單单双拖打预導导查选进按] | 下载 ) )
        ){{0,8}}
        (?: {_CHINESE_POINT}(?! 声|音|率|量|数|了|着|过 )
          | (?: 拖拽|拖动|拖動|拖放|拖入|拖至|拖到 )(?= {_CHINESE_DRAGGED} )
          | {_CHINESE_USE} [^,。;!?]{{0,40}}? {_CHINESE_PART}
          | 在 [^,。;!?]{{0,40}}? {_CHINESE_PART} [^,。;!?]{{0,40}}? {_CHINESE_USE}
          | (?: 预览|預覽|导出|導出|下载|下載 )(?= {_CHINESE_RESULT} )
          | (?: 查看|检查|查询|登录|前往|访问|进入|核对|管理 ) [^,。;!?]{{0,40}}? {_CHINESE_ACCOUNT}
          | (?: 充值|购买 )(?: 积分|点数|额度|套餐 )?
        )
    """),
    address=_pattern("我|您|你|请|已|好了|完成|准备"),
    dependent=_pattern(rf"""
        {_ITEM}
        (?: 若要|若需|为了|当|首先|提示|注意|下一步|在|确认|准备好 | {_CHINESE_LEAD_IN} )
        [^,。;:]*+ (?: [,:]\s*+ )?
    """),
    dangling=_pattern(r"(?: [\s,;:、(] | 并且|并|然后|接着|或者|或|且|而|同时|所以|因此 ) \Z"),
    actions=(
        (_pattern("拖"), GuiAction.DRAG),
        (_pattern("预览|預覽 | (?: 播放|查看|看 ) .* (?: 时间线|时间轴|時間軸|時間線 )"), GuiAction.PREVIEW),
        (_pattern(_CHINESE_ACCOUNT), GuiAction.ACCOUNT),
        (_pattern("导出|導出|下载|下載|export|download"), GuiAction.EXPORT),
        (_pattern("打开|打開|进入|進入|前往|切换|返回|回到|展开|找到|查看|查阅|访问"), GuiAction.OPEN),
    ),
)

_GRAMMARS: Final = (_ENGLISH, _CHINESE)

_QUOTED: Final = {'"': '"', "'": "'", "“": "”", "„": "“", "「": "」", "『": "』", "《": "》", "`": "`"}
_SENTENCE: Final = re.compile(
    r".+?(?:(?<!\d)[.!?]{1,20}[)*_]{0,20}(?=\s|$)|[.!?]{1,20}$|[。\uff01\uff1f]+|$)\s*"
)
_EMPTY: Final = re.compile(rf"{_ITEM}[\s*_]*+")
_END: Final = ".!?。\uff01\uff1f)*_"
_LONGEST_CONNECTIVE: Final = 10
"""Characters: what `dangling` needs to see of a text's end."""
_DASHES: Final = str.maketrans("\N{EN DASH}\N{EM DASH}", ";;")


def _unquoted(text: str) -> str:
    """The text, letter for letter, with its quotations blotted out."""
    pieces, position = [], 0
    for start, end in quotations(text, _QUOTED):
        pieces += [text[position:start], _BLOT * (end - start)]
        position = end
    return "".join([*pieces, text[position:]])


def _plain(text: str) -> str:
    """The text, letter for letter, in half-width forms, without emphasis, dashes as the breaks they are."""
    forms = (unicodedata.normalize("NFKC", letter) for letter in text)
    narrow = "".join(new if len(new) == 1 else old for old, new in zip(text, forms, strict=True))
    return narrow.replace("*", " ").translate(_DASHES)


def _sentences(line: str) -> Iterator[str]:
    for match in _SENTENCE.finditer(_unquoted(line)):
        yield line[match.start() : match.end()]


def _without_instructions(sentence: str) -> tuple[str, list[GuiAction]]:
    """What is left of a sentence, up to its first instruction, and what its instructions want."""
    plain = _plain(_unquoted(sentence))
    for grammar in _GRAMMARS:
        found = list(grammar.instruction.finditer(plain))
        if found and _is_addressed(found[0], grammar):
            starts = [match.start() for match in found]
            parts = (sentence[start:end] for start, end in pairwise([*starts, len(sentence)]))
            return _head(sentence, found[0], grammar), [_action(part, grammar) for part in parts]
    return sentence, []


def _leads_in(head: str, grammar: Grammar) -> bool:
    return bool(_EMPTY.fullmatch(head) or grammar.dependent.fullmatch(head))


def _is_addressed(instruction: re.Match[str], grammar: Grammar) -> bool:
    plain = instruction.string
    return (
        instruction[0].startswith(";")
        or _leads_in(plain[: instruction.start()], grammar)
        or bool(grammar.address.search(plain, 0, instruction.end()))
    )


def _head(sentence: str, instruction: re.Match[str], grammar: Grammar) -> str:
    head = instruction.string[: instruction.start()]
    if _leads_in(head, grammar):
        return ""
    end = sentence[len(sentence.rstrip().rstrip(_END)) :]
    return sentence[: _length_without_dangling(head, grammar)] + end


def _length_without_dangling(head: str, grammar: Grammar) -> int:
    """The length of a text without the marks and connectives at its end."""
    length = len(head)
    while last := grammar.dangling.search(head[max(length - _LONGEST_CONNECTIVE, 0) : length]):
        length -= len(last[0])
    return length


def _action(instruction: str, grammar: Grammar) -> GuiAction:
    fitting = (action for pattern, action in grammar.actions if pattern.search(_plain(instruction)))
    return next(fitting, GuiAction.CLICK)
