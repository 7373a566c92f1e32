"""The words of the routing table in German, French, Spanish and Japanese; see `intent_words`."""

from typing import Final

from backend.intent_words import (
    CHINESE,
    ENGLISH,
    FILE,
    LINK,
    QUOTE,
    Intent,
    Language,
    Phrasing,
    said,
)

# Words that every language has taken over.
_ANYWHERE: Final = (
    f"ok okay mp4 mov hd 4k 1080p 720p video videos clip film link email mail pls please {FILE} {QUOTE}"
)

GERMAN: Final = Language(
    fillers=said(
        """
        bitte danke hallo hi hey ja gut super perfekt prima toll klasse passt so nun jetzt gleich sofort
        mal doch noch schon dann auch nur wieder einfach schnell gern gerne alles los ich mir mich wir uns
        du dir dein deine deinen sie ihr mein meine meinen meinem meiner das der die den dem des es ihn
        ihm und oder da hier wie wo wann was ob kann kannst konntest konnte konnten konnen koennen koennte
        koenntest koenntet will willst wollen mochte moechte mochten wurde wurdest wuerde hatte hatten
        haette soll sollst muss darf durfte bin zufrieden freundlich so ist sind war wird werden habe hab
        hast hat haben zu zum zur im in am an auf als mit fur fuer von per sieht aus wenn moglich moeglich
        """
    ),
    objects={
        Intent.EXPORT: said(
            f"""
            {_ANYWHERE} filme datei dateien ergebnis fertig fertige fertigen fertiges fertiger final
            finale finalen download version downloadlink handy computer rechner qualitat qualitaet hoher
            hohe beste bester format speichern ein eine einen dafur
            """
        ),
        Intent.CREDITS: said(
            """
            viele viel hoch ubrig uebrig ubrige zeig zeige zeigen anzeigen anzeige sag sage kostet kosten
            konto aktuell aktuelle aktuelles restliche reichen reicht genug wieviel wieviele
            """
        ),
        Intent.STATUS: said(
            f"""
            {_ANYWHERE} filme render rendern export exportieren aktuell aktuelle aktueller weit zeig zeige
            zeigen sag sage lange bist
            """
        ),
        Intent.UPLOAD: said(
            f"""
            {_ANYWHERE} {LINK} bild bilder foto fotos datei dateien musik logo material weitere weiteres
            weiteren anderes neue neues neuen ein eine einen eigene eigenes kein man
            """
        ),
    },
    requests=(
        Phrasing.of(
            Intent.CREDITS,
            "credits credit guthaben",
            "genug reichen reicht",
            also="video videos clip film weiteres weitere ein eine anderes",
        ),
        Phrasing.of(Intent.CREDITS, "credits credit guthaben kontostand"),
        Phrasing.of(Intent.STATUS, "status stand fortschritt", unless="ein eine"),
        Phrasing.of(Intent.STATUS, "weit", "wie"),
        Phrasing.of(
            Intent.STATUS,
            "fertig",
            "ist bist wann wird sind",
            unless="ein eine einen export exportieren",
        ),
        Phrasing.of(Intent.STATUS, "wo", "video film clip"),
        Phrasing.of(Intent.STATUS, "lange", "wie", "dauert noch braucht", also="dauert braucht brauchst"),
        Phrasing.of(Intent.STATUS, "lauft laeuft geht", "wie"),
        Phrasing.of(Intent.STATUS, "neues neuigkeiten", "gibt gibts", also="etwas was irgendwas"),
        Phrasing.of(Intent.STATUS, "zeig zeige zeigen", "spuren spur timeline zeitleiste"),
        Phrasing.of(
            Intent.EXPORT,
            "exportieren exportiere exportier exportiert exportierst export rendern render"
            " rendere herunterladen runterladen"
            " downloaden download",
        ),
        Phrasing.of(Intent.EXPORT, "lade lad laden", "herunter runter"),
        Phrasing.of(
            Intent.EXPORT,
            "schick schicke schicken schickst send sende senden maile mail mailen gib geben gibst",
            "video film clip datei mp4 link downloadlink ergebnis version",
            unless="ein eine einen zu",
        ),
        Phrasing.of(
            Intent.EXPORT,
            "brauche brauch will mochte moechte hatte haette",
            "datei mp4 link downloadlink",
            unless="ein eine einen",
        ),
        Phrasing.of(Intent.EXPORT, "hatte haette", "datei", "video film"),
        Phrasing.of(Intent.EXPORT, "speichern speicher speichere", "video film clip datei mp4"),
        Phrasing.of(Intent.UPLOAD, "hochladen hochlade uploaden upload"),
        Phrasing.of(Intent.UPLOAD, "lade lad laden", "hoch"),
    ),
)

FRENCH: Final = Language(
    fillers=said(
        """
        s il te vous plait svp stp merci bonjour salut oui parfait bien super ce c cela ca je j me m moi
        nous tu t toi elle on le la l les du de d mon ma mes ton ta votre vos et puis alors maintenant
        tout suite deja encore peux pouvez pourriez pourrais pourrait peut puis veux veut voudrais
        voudrait aimerais aimerait souhaite dois faut veuillez est sont sera serait ai as avez a y en au
        aux pour par que qu quel quelle comment ou quand n ne pas bon d accord des tu es content contente
        satisfait satisfaite
        """
    ),
    objects={
        Intent.EXPORT: said(
            f"""
            {_ANYWHERE} fichier fichiers resultat version finale final fini finie termine terminee lien
            liens telechargement ordinateur telephone qualite haute meilleure format comme enregistrer
            """
        ),
        Intent.CREDITS: said(
            """
            combien reste restent restant restants assez montre montrez affiche affichez voir donne compte
            actuel dire dis
            """
        ),
        Intent.STATUS: said(f"{_ANYWHERE} actuel export rendu temps combien montre donne"),
        Intent.UPLOAD: said(
            f"""
            {_ANYWHERE} {LINK} photo photos image images fichier fichiers musique logo un une des autre
            nouvelle nouveau autres
            """
        ),
    },
    requests=(
        Phrasing.of(
            Intent.CREDITS, "credits credit solde", "assez", also="video autre une un encore film clip pour"
        ),
        Phrasing.of(Intent.CREDITS, "credits credit solde"),
        Phrasing.of(Intent.STATUS, "statut etat avancement progression status"),
        Phrasing.of(Intent.STATUS, "pret prete termine terminee fini finie finis", "est quand sera c sont"),
        Phrasing.of(Intent.STATUS, "ou", "est es", "video film clip on en"),
        Phrasing.of(Intent.STATUS, "combien", "temps"),
        Phrasing.of(Intent.STATUS, "nouvelles", "des"),
        Phrasing.of(
            Intent.EXPORT,
            "exporter exporte exportez exportes export telecharger telecharge telechargez"
            " telecharges download",
            unless="un une",
        ),
        Phrasing.of(
            Intent.EXPORT,
            "envoie envoyez envoyer envoies donne donnez donner donnes passe passes transmets",
            "video film clip fichier mp4 lien resultat",
            unless="un une nouvelle nouveau",
        ),
        Phrasing.of(Intent.EXPORT, "besoin veux voudrais aimerais", "fichier mp4 lien", unless="un une"),
        Phrasing.of(
            Intent.EXPORT, "enregistre enregistrer sauvegarde", "video film fichier", unless="un une"
        ),
        Phrasing.of(Intent.EXPORT, "fais lance faites lancez", "rendu export", unless="un une"),
        Phrasing.of(Intent.UPLOAD, "televerser televerse televersez uploader upload importer importe"),
    ),
)

SPANISH: Final = Language(
    fillers=said(
        """
        por favor gracias hola vale si perfecto bien esta genial ya ahora entonces yo me mi mis tu tus te
        nos lo la el los las al del de a en y o que con para puedo puedes puede podrias podria podemos
        quiero quisiera querria gustaria necesito contento contenta amable hay es son estan estara sera se
        como donde cuando aun todavia
        """
    ),
    objects={
        Intent.EXPORT: said(
            f"""
            {_ANYWHERE} pelicula archivo archivos resultado version final terminado terminada listo lista
            enlace enlaces correo telefono ordenador calidad alta mejor formato descarga
            """
        ),
        Intent.CREDITS: said(
            """
            cuantos cuanto cuantas quedan queda tengo dime muestrame muestra mostrar ver cual suficientes
            suficiente cuenta actual
            """
        ),
        Intent.STATUS: said(f"{_ANYWHERE} pelicula actual cual cuanto dime exportacion render"),
        Intent.UPLOAD: said(
            f"""
            {_ANYWHERE} {LINK} foto fotos imagen imagenes archivo archivos un una otro otra mas nuevo
            nueva mi mis
            """
        ),
    },
    requests=(
        Phrasing.of(
            Intent.CREDITS,
            "creditos credito saldo credits",
            "suficientes suficiente bastantes",
            also="video otro otra un una pelicula clip",
        ),
        Phrasing.of(Intent.CREDITS, "creditos saldo credits"),
        Phrasing.of(Intent.STATUS, "estado progreso status", unless="un una"),
        Phrasing.of(
            Intent.STATUS,
            "listo lista terminado terminada termino acabado",
            "esta ya estara cuando es",
            unless="un una exporta exportar",
        ),
        Phrasing.of(Intent.STATUS, "donde", "video pelicula clip archivo"),
        Phrasing.of(Intent.STATUS, "cuanto mucho", "falta tarda queda", also="tiempo"),
        Phrasing.of(Intent.STATUS, "alguna hay", "novedad novedades noticias", also="alguna"),
        Phrasing.of(Intent.STATUS, "va", "como"),
        Phrasing.of(
            Intent.EXPORT,
            "exportar exporta exporte exporto exportas exportarlo exportalo exportame"
            " descargar descarga descargo"
            " descargarlo descargalo descargame descargas renderizar renderiza download export",
            unless="un una",
        ),
        Phrasing.of(
            Intent.EXPORT,
            "enviame envia envias enviar enviarme mandame manda mandas mandar pasame pasas"
            " pasarme dame das darme",
            "video archivo mp4 enlace pelicula resultado",
            unless="un una nuevo nueva",
        ),
        Phrasing.of(
            Intent.EXPORT,
            "necesito quiero quisiera gustaria",
            "archivo mp4 enlace",
            unless="un una otro otra",
        ),
        Phrasing.of(Intent.EXPORT, "guarda guardar guardalo", "video pelicula archivo"),
        Phrasing.of(Intent.UPLOAD, "subir subo subirlo cargar"),
    ),
)

JAPANESE: Final = Language(
    fillers=said(
        """
        ください 下さい お願いします お願い お願いいたします おねがいします です ます ますか ですか
        でしょうか か が を は の に で と も へ や して し する した たい したい したいです ほしい 欲しい
        ほしいです 私の この その あの もう まだ 今 いま すぐ い いい いいですね ね よ 完璧です ありがとう
        ありがとうございます どこ どうやって できますか できます 可能ですか もらえますか いただけますか
        させて させてください いただきたい お 教えて 教えてください どうすれば どう
        """
    ),
    objects={
        Intent.EXPORT: said(
            f"{_ANYWHERE} 動画 ビデオ 映像 データ ファイル 完成した 完成 出来上がった リンク"
            f" 最終版 最終 高画質 パソコン スマホ メール 形式"
        ),
        Intent.CREDITS: said(
            """
            いくつ いくら 残って います いますか 残っていますか 残り 残量 足り 足りますか 足ります
            ありますか あります どれくらい どのくらい あと 何 いくつありますか
            """
        ),
        Intent.STATUS: said(
            f"{_ANYWHERE} 動画 ビデオ 映像 あと もうすぐ どんな 現在の 作成 制作 レンダリング 書き出し"
        ),
        Intent.UPLOAD: said(
            f"{_ANYWHERE} {LINK} 写真 画像 ファイル 動画 素材 音楽 別の 新しい もう一枚 方法"
        ),
    },
    requests=(
        Phrasing.of(Intent.CREDITS, "クレジット 残高 クレジット残高 クレジット残量"),
        Phrasing.of(Intent.STATUS, "ステータス 進捗 進捗状況 状況"),
        Phrasing.of(
            Intent.STATUS,
            "できました できましたか 完成しました 完成しましたか 終わりました 終わりましたか"
            " できた できたか まだですか 完成しますか",
        ),
        Phrasing.of(
            Intent.STATUS, "いつ", "できますか できます 完成 完成しますか 終わりますか します しますか"
        ),
        Phrasing.of(Intent.STATUS, "どのくらい どれくらい", "かかりますか かかります", also="時間"),
        Phrasing.of(Intent.STATUS, "動画 ビデオ 映像", "どこ"),
        Phrasing.of(
            Intent.EXPORT,
            "エクスポート 書き出し 書き出して 書き出す 書き出したい ダウンロード レンダリング 保存 保存して",
        ),
        Phrasing.of(
            Intent.EXPORT, "送って 送ってください 送る 送れますか", "動画 ビデオ ファイル リンク mp4 映像"
        ),
        Phrasing.of(
            Intent.EXPORT,
            "動画 ビデオ ファイル mp4 リンク",
            "ください 下さい 教えて 教えてください",
            unless="して し する に た した",
        ),
        Phrasing.of(Intent.UPLOAD, "アップロード", unless="した"),
    ),
)

LANGUAGES: Final = (ENGLISH, CHINESE, GERMAN, FRENCH, SPANISH, JAPANESE)
MIXED: Final = (ENGLISH, CHINESE)
"""Languages that may be mixed in one sentence. Other languages are matched alone."""
