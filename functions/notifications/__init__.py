"""What people read: an announcement becomes a notice, and each channel lays the notice out.

notice      what is told, in which words, for all channels alike
plain       text from strangers made harmless and short
mail        subject, text and HTML
slack       Block Kit
chat        the custom notification of Amazon Q Developer in chat applications
posting     handing a message to a Slack webhook
"""
