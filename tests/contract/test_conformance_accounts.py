"""What the document says of tokens, sessions and credits; one test for each of its sentences."""

import re
import uuid

import pytest

from tests.contract.services import Service
from tests.contract.wire import ATTRIBUTION, BAD_TOKEN

TOKEN = "/api/auth/anonymous-token"
CALLS = [
    ("POST", "/api/tasks/me/with-session/nemo_agent", {"task_name": "project", "language": "en"}),
    ("POST", "/api/auth/claim-token", {"task_id": "1", "session_id": "1"}),
    (
        "POST",
        "/run_sse",
        {"app_name": "nemo_agent", "user_id": "me", "session_id": "1", "new_message": {"parts": []}},
    ),
    ("POST", "/api/upload-video/nemo_agent/me/1", {"urls": ["https://example.com/"], "source_type": "url"}),
    ("GET", "/api/credits/balance/simple", None),
    ("GET", "/api/state/nemo_agent/me/1/latest", None),
    ("POST", "/api/render/proxy/lambda", {"id": "1", "sessionId": "1", "draft": {"t": []}}),
    ("GET", "/api/render/proxy/lambda/1", None),
]


@pytest.mark.usefixtures("spending")
class TestAnonymousTokens:
    def test_a_token_comes_with_100_credits_and_a_user_id(self, service: Service) -> None:
        answer = service.http.post(TOKEN, headers={"X-Client-Id": str(uuid.uuid4())}).json()
        assert answer["code"] == 0
        assert answer["data"]["token"].startswith("nmv_usr_")
        assert answer["data"]["credits"] == 100
        assert answer["data"]["user_id"]

    def test_a_client_gets_one_token_per_seven_days(self, service: Service) -> None:
        headers = {"X-Client-Id": str(uuid.uuid4())}
        assert service.http.post(TOKEN, headers=headers).json()["code"] == 0
        again = service.http.post(TOKEN, headers=headers)
        assert 429 in {again.status_code, again.json()["code"]}

    def test_400_the_client_id_is_missing(self, service: Service) -> None:
        answer = service.http.post(TOKEN)
        assert 400 in {answer.status_code, answer.json()["code"]}


class TestAuthorization:
    @pytest.mark.parametrize(("method", "path", "body"), CALLS)
    def test_all_but_the_anonymous_token_call_want_one(
        self, service: Service, method: str, path: str, body: object
    ) -> None:
        answer = service.http.request(method, path, json=body, headers=ATTRIBUTION).json()
        assert answer["code"] in BAD_TOKEN
        assert answer["message"]

    def test_1001_a_bad_token(self, service: Service) -> None:
        headers = {"Authorization": f"Bearer nmv_usr_{uuid.uuid4().hex}", **ATTRIBUTION}
        answer = service.http.get("/api/credits/balance/simple", headers=headers).json()
        assert answer["code"] in BAD_TOKEN


class TestSessions:
    def test_a_session_id_is_nineteen_digits_in_a_string(self, service: Service) -> None:
        assert re.fullmatch(r"\d{19}", service.project().session_id)

    def test_a_new_session_has_nothing_to_export(self, service: Service) -> None:
        assert service.project().draft() is None

    def test_1002_an_unknown_session(self, service: Service) -> None:
        project = service.project()
        project.session = {"session_id": "1234567890123456789"}
        assert project.get(project.state_path).json()["code"] == 1002

    @pytest.mark.usefixtures("spending")
    def test_1002_another_accounts_session(self, service: Service) -> None:
        mine, theirs = service.project(), service.project()
        theirs.session = mine.session
        assert theirs.get(mine.state_path).json()["code"] == 1002
        assert theirs.post("/run_sse", theirs.message("make a video")).json()["code"] == 1002

    def test_the_id_for_the_registration_link_comes_with_the_session_or_its_state(
        self, service: Service
    ) -> None:
        project = service.project()
        assert project.session.get("user_id") or project.state()["user_id"]

    def test_a_claim_token_is_good_for_seven_days_and_is_not_the_token(self, service: Service) -> None:
        project = service.project()
        body = {"task_id": project.session["task_id"], "session_id": project.session_id}
        data = project.post("/api/auth/claim-token", body).json()["data"]
        assert data["claim_token"].startswith("clm_")
        assert data["expires_in"] == 604_800
        assert project.token not in data["claim_token"]


class TestCredits:
    def test_the_balance_tells_available_frozen_and_total(self, service: Service) -> None:
        balance = service.project().balance()
        assert 0 <= balance["available"] <= balance["total"]
        assert balance["frozen"] >= 0

    @pytest.mark.usefixtures("spending")
    def test_sending_a_message_costs_credits(self, service: Service) -> None:
        project = service.project()
        before = project.balance()["available"]
        project.say('Make a 4 second video with the title "Urban Dreams"')
        assert project.balance()["available"] < before

    @pytest.mark.usefixtures("spending")
    def test_the_same_message_sent_twice_is_paid_for_twice(self, service: Service) -> None:
        project = service.project()
        balances = [project.balance()["available"]]
        for _ in range(2):
            project.say('Create a 4 second video with the title "Urban Dreams"')
            balances.append(project.balance()["available"])
        assert balances[0] > balances[1] > balances[2]

    def test_2001_no_credits(self, service: Service) -> None:
        if service.is_real:
            pytest.skip("It would use up all credits of the real account.")
        project = service.project()
        for _ in range(10):
            project.say('Create a 4 second video with the title "Urban Dreams"')
        refused = project.post("/run_sse", project.message("make the title bigger")).json()
        assert refused["code"] == 2001
        assert refused["message"]
