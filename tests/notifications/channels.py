"""What each channel gets of an announcement, as files that a person can read."""

import json
from typing import Any

from notifications import discord, teams
from notifications.chat import chat_notification_of
from notifications.mail import Mail, mail_of
from notifications.notice import notice_of
from notifications.slack import slack_message_of
from videos.events.announcements import Announcement, VideoProgress


def files_of(announcement: Announcement) -> dict[str, str]:
    """Files by name: `event.json`, one of each chat, and of an end `mail.txt` and `mail.html`."""
    notice = notice_of(announcement)
    slack = slack_message_of(notice)
    files = {
        "event.json": _json(announcement.model_dump(mode="json")),
        "slack.json": _json({"text": slack.text, "blocks": slack.blocks}),
        "teams.json": _json(teams.posting_of(notice).body),
        "discord.json": _json(discord.posting_of(notice).body),
        "chat.json": _json(chat_notification_of(announcement, notice)),
    }
    if not isinstance(announcement, VideoProgress):
        files |= files_of_mail(mail_of(notice))
    return files


def files_of_mail(mail: Mail) -> dict[str, str]:
    """Files by name: `mail.txt` and `mail.html`."""
    return {"mail.txt": f"Subject: {mail.subject}\n\n{mail.text}", "mail.html": mail.html}


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
