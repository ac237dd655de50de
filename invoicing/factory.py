"""Building the app in named steps."""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, g, has_request_context, request, url_for
from flask_babel import Babel
from flask_login import LoginManager, current_user
from flask_migrate import Migrate
from flask_wtf.csrf import generate_csrf
from werkzeug.middleware.proxy_fix import ProxyFix

from invoicing import cli, features
from invoicing.config import Config
from invoicing.infra import crypto, db, logging
from invoicing.infra.storage import FileStore
from invoicing.web import access, compression, errors, filters, nav, render, security, text
from invoicing.web.forms import form_key

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("en", "fr")


def create_app(config: Config | None = None) -> Flask:
    """The whole app for `config`, by default from the environment; raises ConfigError."""
    config = config or Config.from_environment(os.environ)
    app = Flask(
        "invoicing",
        root_path=str(ROOT / "invoicing"),
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
        static_url_path="/static",
        instance_path=str(config.instance_path),
    )
    app.extensions["invoicing_config"] = config
    logging.configure(config.log_level)
    _setup_secrets(app, config)
    app.extensions["files"] = FileStore(config.instance_path / "files")
    db.init_app(app, config)
    _setup_migrations(app)
    _setup_proxies(app, config)
    security.init_app(app, config)
    errors.init_app(app)
    _setup_sign_in(app)
    _setup_languages(app)
    _setup_features(app)
    _setup_templates(app)
    return app


def _setup_secrets(app: Flask, config: Config) -> None:
    keys = crypto.load_keys(config.instance_path)
    app.extensions["keys"] = keys
    app.secret_key = keys.derive("flask session")
    app.config.update(
        SESSION_COOKIE_NAME="__Host-sid" if config.is_https else "sid",
        SESSION_COOKIE_SECURE=config.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        SESSION_REFRESH_EACH_REQUEST=False,
    )


def _setup_migrations(app: Flask) -> None:
    Migrate(app, db.db, directory=str(ROOT / "invoicing" / "migrations"))


def _setup_proxies(app: Flask, config: Config) -> None:
    count = config.trusted_proxies
    if count:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count)  # type: ignore[method-assign]
    if config.public_url:
        app.config["PREFERRED_URL_SCHEME"] = config.public_url.split(":", 1)[0]


def _setup_sign_in(app: Flask) -> None:
    manager = LoginManager(app)
    manager.session_protection = None  # sessions are rows, ended by deleting the row


def _setup_languages(app: Flask) -> None:
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(ROOT / "invoicing" / "translations")
    Babel(app, locale_selector=_language, timezone_selector=_zone)


def _language() -> str:
    """The document's language on a client's page, else the member's, else the browser's."""
    chosen = g.get("language")
    if chosen in LANGUAGES:
        return str(chosen)
    if not g.get("error_page") and current_user and current_user.is_authenticated:
        return str(current_user.language)
    return request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0] if request else "en"


def _zone() -> str:
    """The company's time zone, whoever reads; UTC while there is no company."""
    return str(g.get("zone") or ("UTC" if g.get("error_page") else features.zone()))


def _setup_features(app: Flask) -> None:
    features.install(app)
    access.init_app(app, features.has_owner)
    cli.register(app)
    for feature in features.FEATURES:
        for blueprint in feature.blueprints:
            app.register_blueprint(blueprint)


def _setup_templates(app: Flask) -> None:
    """Last, so that the macros of `ui` find gettext."""
    render.htmx.init_app(app)
    filters.init_app(app)
    env = app.jinja_env
    env.filters["say"] = text.translate
    env.trim_blocks = env.lstrip_blocks = True
    env.globals.update(asset=_asset, form_key=form_key, csrf_token=generate_csrf)
    app.context_processor(_layout_context)
    env.globals["ui"] = env.get_template("components/ui.html").module

    compression.init_app(app)

    @app.after_request
    def _keep_assets(response: Response) -> Response:
        if request.endpoint == "static" and request.args.get("v"):
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def _layout_context() -> dict[str, Any]:
    """What the layouts show around every page; an error page asks the database nothing."""
    if not has_request_context():
        return {}
    language = _language()
    if g.get("error_page"):
        return {"nav": [], "company_name": "", "language": language, "theme": ""}
    entries = [entry for feature in features.FEATURES for entry in feature.nav]
    return {
        "nav": nav.items(entries),
        "language": language,
        "theme": getattr(current_user, "theme", ""),
        **features.layout_context(),
    }


def _asset(path: str) -> str:
    """The address of a static file with a digest of its content, so browsers may keep it."""
    return url_for("static", filename=path, v=_asset_digest(path))


@lru_cache(maxsize=64)
def _asset_digest(path: str) -> str:
    return hashlib.sha256((ROOT / "static" / path).read_bytes()).hexdigest()[:12]
