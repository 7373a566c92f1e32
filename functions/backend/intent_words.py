"""The words of the routing table: what each language has for a request, its objects and its fillers.

Latin words are written without accents, as they are compared. Words of scripts without spaces are found by
the longest match.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self


class Intent(StrEnum):
    EXPORT = "export"
    CREDITS = "credits"
    STATUS = "status"
    UPLOAD = "upload"
    MESSAGE = "message"


FILE: Final = "<file>"
LINK: Final = "<link>"
QUOTE: Final = "<quote>"
"""Stand-ins for what a sentence names in words that are not its own."""


def said(words: str) -> frozenset[str]:
    return frozenset(words.split())


@dataclass(frozen=True)
class Phrasing:
    """A way to ask for something: at least one word of each group has to be said, and none of `unless`.

    `also` are words that may be said in this way alone, besides the objects of the intent.
    """

    intent: Intent
    keywords: tuple[frozenset[str], ...]
    unless: frozenset[str]
    also: frozenset[str]

    @classmethod
    def of(cls, intent: Intent, *groups: str, unless: str = "", also: str = "") -> Self:
        return cls(intent, tuple(said(group) for group in groups), said(unless), said(also))


@dataclass(frozen=True, eq=False)
class Language:
    """The words of one language; words of scripts without spaces are found by the longest match."""

    fillers: frozenset[str]
    objects: Mapping[Intent, frozenset[str]]
    requests: tuple[Phrasing, ...]

    @property
    def words(self) -> frozenset[str]:
        groups = (group for request in self.requests for group in (*request.keywords, request.also))
        return self.fillers.union(*self.objects.values(), *groups)


_WORK: Final = "video videos vid vids clip movie film cut result version project edit"
_STAGE: Final = "export exporting render rendering download upload"

ENGLISH: Final = Language(
    fillers=said(
        """
        please pls plz kindly thanks thank thx hey hi hello ok okay yes yeah yep sure so now then just
        also yet already right away asap immediately quickly straight again soon finally alright great
        good fine perfect awesome nice cool looks happy time i i'd i'll i'm i've me my we we'd we're we'll
        us our you your it its it's this that that's these those the a an to of for and if is are am was
        would could can can't may might will shall should want wanna need like love let let's mind
        possible able ready go do does did have has got be been there how where when u ur kind enough
        """
    ),
    objects={
        Intent.EXPORT: said(
            f"""
            {_WORK} file finished final complete one copy link as in at with by via mail over along back
            hd full high best quality resolution 4k 1080p 720p format start begin ahead here whole
            everything phone computer laptop i'm just all thing all get give send save done satisfied
            {FILE} {QUOTE}
            """
        ),
        Intent.CREDITS: said(
            """
            much many what what's left remaining remain available current account total show check see
            tell know look up any enough still more another out buy top at in on get run running number
            amount find export edit
            """
        ),
        Intent.STATUS: said(
            f"""
            {_WORK} {_STAGE} what what's where's how's which many much show check see tell know view give
            get current update any about at look find everything list job draft timeline file work
            finished so far going happening all every
            """
        ),
        Intent.UPLOAD: said(
            f"""
            {_WORK} file files clips photo photos image images picture pictures footage music song audio
            logo recording media material add something stuff here one two three another more own new some
            from computer phone laptop disk with start first next {FILE} {LINK} {QUOTE}
            """
        ),
    },
    requests=(
        Phrasing.of(Intent.CREDITS, "credits credit balance"),
        Phrasing.of(
            Intent.CREDITS,
            "credits credit",
            "enough",
            also="video videos clip clips film films one two three next",
        ),
        Phrasing.of(
            Intent.CREDITS,
            "credits credit",
            "cost costs need take use used gone",
            f"{_WORK} {_STAGE} editing it this that my",
        ),
        Phrasing.of(Intent.EXPORT, "export download render", "done finished", "we we're i'm i"),
        Phrasing.of(Intent.STATUS, "status state progress"),
        Phrasing.of(Intent.STATUS, "status progress", "on with"),
        Phrasing.of(
            Intent.STATUS,
            "show list see view display what what's which many check print get give",
            "tracks track timeline draft",
        ),
        Phrasing.of(Intent.STATUS, "what what's", "on in", "tracks timeline draft"),
        Phrasing.of(
            Intent.STATUS,
            "is are has when will isn't",
            "done finished complete completed ready rendered exported processed",
            f"{_WORK} {_STAGE} draft it you",
        ),
        Phrasing.of(Intent.STATUS, "how how's", "going far coming", f"{_WORK} {_STAGE} it you we along"),
        Phrasing.of(Intent.STATUS, "how", "long", "take left"),
        Phrasing.of(Intent.STATUS, "where", "are", "we"),
        Phrasing.of(
            Intent.STATUS, "where where's wheres", "video vid clip movie film", unless="download export"
        ),
        Phrasing.of(Intent.STATUS, "any", "update updates news progress", also="update updates news on"),
        Phrasing.of(Intent.STATUS, "how", "much", "longer", also="longer"),
        Phrasing.of(Intent.STATUS, "is are", "ready finished done", "everything all"),
        Phrasing.of(Intent.STATUS, "is are", "still", "rendering exporting going", also="still"),
        Phrasing.of(Intent.STATUS, "what's what", "taking", "long", also="taking long"),
        Phrasing.of(Intent.STATUS, "what what's", "happening going"),
        Phrasing.of(Intent.STATUS, "what what's how's", "happening going", "with"),
        Phrasing.of(Intent.EXPORT, "export exporting download downloading render rendering"),
        Phrasing.of(Intent.EXPORT, "exported downloaded rendered", "want need like get have"),
        # "Send me the video" asks for what there is, "give me a video" for a new one.
        Phrasing.of(
            Intent.EXPORT,
            "send give get save email mail deliver",
            "video videos vid vids clip movie film result project",
            unless="a an one",
        ),
        Phrasing.of(Intent.EXPORT, "send give get save", "version cut", "final finished"),
        Phrasing.of(Intent.EXPORT, "send give get have", "copy link file mp4"),
        Phrasing.of(Intent.EXPORT, "want need", "file mp4 link"),
        Phrasing.of(Intent.EXPORT, "like love", "i'd we'd would", "file mp4 link"),
        Phrasing.of(Intent.EXPORT, "save", "it", "file mp4 phone computer laptop"),
        Phrasing.of(Intent.EXPORT, "i'll we'll", "take have", "mp4 file", also="take"),
        Phrasing.of(Intent.EXPORT, "send", "it", "email mail"),
        Phrasing.of(Intent.EXPORT, "file mp4 link", "please pls plz"),
        Phrasing.of(Intent.EXPORT, "send email mail", "it", "me over"),
        Phrasing.of(
            Intent.EXPORT, "love like want need", "i'd we'd i we", "video film clip movie", "finished final"
        ),
        Phrasing.of(
            Intent.EXPORT, "hand mail", "video vid clip movie film version cut file mp4", unless="a an"
        ),
        Phrasing.of(Intent.UPLOAD, "upload uploading attach attaching import importing"),
    ),
)

CHINESE: Final = Language(
    fillers=said(
        """
        请 请问 請 請問 麻烦 麻煩 帮忙 帮 幫 给 給 我 我们 我們 你 你们 您 咱们 能 能不能 能否 可以
        可不可以 可否 想 想要 要 需要 希望 把 将 將 一下 下 吧 吗 嗎 呢 了 啊 呀 嘛 哦 哈 好 好了 行 谢谢
        謝謝 多谢 辛苦 现在 現在 马上 馬上 立刻 立即 直接 赶紧 尽快 快点 就 先 再 都 也 那 这个 這個 这 這
        那个 那個 它 的 是 是不是 还 還 在 有 有没有 个 個 一个 一個 怎么 怎麼 怎样 如何 在哪 在哪里 哪里
        哪儿 没问题 就这样 满意 没 沒 来 來 出来 下来 过来 上去 进去 用 得 下去 看起来 不错 很好 你好
        """
    ),
    objects={
        Intent.EXPORT: said(
            f"""
            视频 視頻 影片 成片 片子 短片 成品 文件 档案 檔案 项目 作品 结果 链接 最终 最终版 版本 完整
            完成 做好 最后 整个 全部 一份 一 份 为 成 格式 用 以 到 本地 电脑 手机 高清 超清 高质量 画质
            质量 分辨率 mp4 mov 1080p 720p 4k hd 开始 过来 出来 保存 邮箱 邮件 微信 做好的 {FILE} {QUOTE}
            """
        ),
        Intent.CREDITS: said(
            """
            多少 几个 幾個 还有 還有 还剩 還剩 剩 剩下 剩余 剩餘 够 夠 够不够 足够 不够 查 查询 查詢 查看
            查一查 看 看看 显示 顯示 账户 帳戶 账号 里 当前 當前 目前 总共 一共 可用 用 告诉我 知道 数
            数量 情况 充值 购买 买 余额
            """
        ),
        Intent.STATUS: said(
            """
            什么 什麼 是什么 怎么样 怎麼樣 如何 到哪 到 哪 哪步 一步 查 查询 查看 看 看看 显示 顯示 告诉我
            知道 当前 當前 目前 多少 几条 几个 哪些 还要 还有 多久 上 里 里面 视频 視頻 影片 项目 任务
            工程 导出 渲染 生成 制作 处理 上传 下载 剪辑 编辑 列表 信息 情况
            """
        ),
        Intent.UPLOAD: said(
            f"""
            文件 檔案 档案 视频 視頻 影片 图片 圖片 照片 相片 素材 音乐 音樂 音频 录音 录像 片段 歌 歌曲
            资料 附件 东西 一 张 段 首 些 几 两 新 新的 自己 本地 从 电脑 手机 上 里 去 到 这里 开始
            {FILE} {LINK} {QUOTE}
            """
        ),
    },
    requests=(
        Phrasing.of(Intent.CREDITS, "积分 積分 余额 餘額 额度 點數 点数"),
        Phrasing.of(Intent.STATUS, "状态 狀態 进度 進度 进展 進展"),
        Phrasing.of(
            Intent.STATUS,
            "显示 顯示 查看 看 看看 列出 列一下 展示 哪些 几条 什么 多少",
            "轨道 軌道 音轨 时间线 時間線 时间轴 時間軸 草稿",
        ),
        Phrasing.of(
            Intent.STATUS,
            "还没好吗 好了吗 好了没 好了没有 好了嗎 做好了吗 做好了没 做完了吗 弄好了吗 完成了吗",
        ),
        Phrasing.of(Intent.STATUS, "还要多久 還要多久"),
        Phrasing.of(
            Intent.STATUS,
            "导出 渲染 生成 处理 制作 上传 做 剪",
            "好了吗 好了没 完成了吗 完了吗 到哪 怎么样 多久",
        ),
        Phrasing.of(
            Intent.CREDITS,
            "积分 積分 余额 額度 额度",
            "够 夠 够不够 足够",
            also="再 做 一个 視頻 视频 影片 另",
        ),
        Phrasing.of(Intent.STATUS, "在哪 在哪里 哪里 哪儿", "视频 視頻 影片 成片"),
        Phrasing.of(Intent.UPLOAD, "传", "上去 上来"),
        Phrasing.of(Intent.EXPORT, "导出 導出 汇出 匯出 下载 下載 渲染"),
        Phrasing.of(
            Intent.EXPORT,
            "发 發 发给 發給 发送 传 传给 给 保存 发到 发我 寄到",
            "视频 視頻 影片 成片 片子 成品 mp4",
            unless="一个 一個 个 個",
        ),
        Phrasing.of(Intent.EXPORT, "发 發 发给 發給 发送 发到 传给", "我 我们 我邮箱"),
        Phrasing.of(Intent.UPLOAD, "上传 上傳 导入 導入"),
    ),
)
