# ruff: noqa: RUF001 - Chinese punctuation
import pytest

from backend.languages import language_of

CLEAR = [
    ("Make a calm 8 second video of this kettle.", "en"),
    ("Generate a short promotional video from this content.", "en"),
    ("Make it shorter, without music.", "en"),
    ("Use the music of “Für Elise” and make the title bigger", "en"),
    ("Mach ein ruhiges 8-Sekunden-Video von diesem Wasserkocher.", "de"),
    ("Bitte kürzer und ohne Musik", "de"),
    ("Erstelle ein kurzes Werbevideo aus dieser Seite, mit dem Titel “Spring sale”.", "de"),
    ("Im Hochformat, und der Titel soll größer sein", "de"),
    ("Fais une vidéo calme de 8 secondes de cette bouilloire.", "fr"),
    ("Plus court, sans musique", "fr"),
    ("Créez une vidéo promotionnelle pour notre boutique, avec le titre « Soldes »", "fr"),
    ("Ajoute le logo et mets un titre plus grand", "fr"),
    ("Haz un vídeo tranquilo de 8 segundos de esta tetera.", "es"),
    ("Más corto y sin música", "es"),
    ("Crea un anuncio para nuestra tienda, con el título «Rebajas»", "es"),
    ("Pon el logo y quita la música", "es"),
    ("用这张图片制作一个8秒的宣传视频", "zh"),
    ("给 https://www.shop.example/a-long-path/with-many-words/of-english 做一个视频", "zh"),
    ("用 iPhone 16 Pro Max 拍的照片做一个视频", "zh"),
    ("Make a promo for the 小米 phone", "en"),
    ("Make a video about Café München and 東京", "en"),
    ("短一点，不要音乐", "zh"),
    ("請做一個關於茶壺的影片，標題是「春天」", "zh"),
    ("このやかんの8秒の動画を作ってください。", "ja"),
    ("もっと短く、音楽なしで", "ja"),
    ("タイトルを「Spring sale」にして", "ja"),
]
UNCLEAR = [
    "",
    "9:16",
    "Spring sale",
    "https://shop.example/der-kessel-und-die-kanne",
    "kessel-mit-deckel-und-griff.png",
    "“Mach ein ruhiges Video von diesem Kessel”",
    "Сделай видео про чайник",
    "video",
    "👍",
]


@pytest.mark.parametrize(("instruction", "language"), CLEAR)
def test_the_language_of_an_instruction(instruction: str, language: str) -> None:
    assert language_of(instruction) == language


@pytest.mark.parametrize("instruction", UNCLEAR)
def test_what_is_not_clear_is_not_guessed(instruction: str) -> None:
    assert language_of(instruction) is None
