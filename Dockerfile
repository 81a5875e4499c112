# One image for the web server, the workers and the beat; docker-compose.yml says which is which.
# Parsed by tests/test_deploy.py; it has not been built where it was written (no container engine).
FROM node:22-slim AS frontend
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts

FROM python:3.12-slim
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    AUDIOPHILE_DATA=/data AUDIOPHILE_HOST=0.0.0.0 STATIC_ROOT=/app/staticfiles
RUN useradd --create-home --uid 1000 audiophile && install -d -o audiophile /data /app
WORKDIR /app
COPY requirements.txt constraints.txt ./
RUN pip install --no-cache-dir -r requirements.txt -c constraints.txt
COPY --from=frontend /app/node_modules node_modules
COPY manage.py LICENSE ./
COPY audiophile audiophile
COPY apps apps
COPY audio audio
COPY templates templates
COPY static static
RUN SECRET_KEY=build AUDIOPHILE_DATA=/tmp/build python manage.py collectstatic --noinput
USER audiophile
VOLUME /data
EXPOSE 8000
CMD ["python", "-m", "gunicorn", "audiophile.wsgi", "-c", "python:audiophile.gunicorn", "-b", "0.0.0.0:8000"]
