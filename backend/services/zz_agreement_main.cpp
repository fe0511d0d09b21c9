// SPDX-License-Identifier: Apache-2.0
#include "backend/services/agreement_service.h"

int main(int argc, char** argv) {
    return zz::services::agreement_main(argc, argv);
}
