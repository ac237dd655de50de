"""What tests need beside Python: each part is found, installed or started here, never skipped."""
