"""The last words of a video: who it is, and what to do next."""

import re

_LONGEST_BUTTON = 40
_HOST = re.compile(r"(?:https?://)?(?:www\.)?[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}(?:/\S{0,60})?")
_VERBS = frozenset(
    """
    apply ask book browse build buy call check choose claim contact create discover donate download explore
    find follow get give grab hire install join learn listen meet open order play pre-order preorder read
    register request reserve save schedule see shop sign start stop subscribe support swipe tap try visit
    vote watch write
    abonnieren anrufen besuche besuchen bestelle bestellen buche buchen entdecke entdecken hol jetzt kaufe
    kaufen lade probiere starte teste testen
    achetez appelez commandez découvrez essayez réservez téléchargez visitez
    compra descarga descubre empieza llama pide prueba reserva visita
    """.split()  # noqa: SIM905 - a list of that many words is hard to read
)
_CHINESE = re.compile(r"[立马现](?:即|刻|上|在)|点击|购买|预订|预约|下载|关注|扫码|访问|注册|加入|联系|来")


def is_button(text: str) -> bool:
    """Whether last words ask for something, or are an address: they are shown as a button."""
    if len(text) > _LONGEST_BUTTON or "\n" in text:
        return False
    if is_host(text) or _CHINESE.match(text):
        return True
    first = text.split(maxsplit=1)[0].lower().strip(",.!:") if text.split() else ""
    return first in _VERBS


def is_host(text: str) -> bool:
    """Whether a text is nothing but an address."""
    return bool(_HOST.fullmatch(text)) and not text.replace(".", "").isdigit()
