"""Messages for people: an announcement becomes a notice, and each channel formats the notice.

notice      the message, in the same words for all channels
plain       text from strangers made harmless and short
mail        subject, text and HTML
slack       Block Kit
teams       an Adaptive Card
discord     an embed with buttons
chat        the custom notification of Amazon Q Developer in chat applications
posting     posting a message to the webhook of a chat channel
"""
