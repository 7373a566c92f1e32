"""Messages for people: an announcement becomes a notice, and each channel formats the notice.

notice      the message, in the same words for all channels
plain       text from strangers made harmless and short
mail        subject, text and HTML
slack       Block Kit
chat        the custom notification of Amazon Q Developer in chat applications
posting     handing a message to a Slack webhook
"""
