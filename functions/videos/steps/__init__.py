"""The steps of the workflow: Prepare, Generate, Render, Deliver, Finish.

Each step composes the use cases of `videos`. What is done is recorded with the version, so a step that is
repeated goes on where it stopped. Its result names the next step.
"""
