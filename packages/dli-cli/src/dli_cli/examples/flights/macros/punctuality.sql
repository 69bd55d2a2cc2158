{% macro is_late(column) %}{{ column }} > {{ var('late_minutes') }}{% endmacro %}
